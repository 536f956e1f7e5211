"""Part 19: journal phrases, offered as a draft note with the patient's values filled in."""

from __future__ import annotations

from hooks.guideline.proposal import note
from hooks.guideline.rule import Group

GROUP = Group(19, "Journal phrases")

GROUP.explanation(
    "PHR-1",
    "Phrase: suspicion of osteoporosis",
    section="B2",
    strength="proposal",
    card="C-INVESTIGATE",
    shown_with=(*(f"INV-{n}" for n in (*range(1, 10), 15)), "GLU-DXA-1"),
    proposals=(note("PHR-1"),),
)

GROUP.explanation(
    "PHR-2",
    "Phrase: diagnosis of osteoporosis",
    section="B2",
    strength="proposal",
    card="C-TREATMENT",
    shown_with=("TX-IND-1", "TX-IND-2"),
    proposals=(note("PHR-2"),),
)

GROUP.explanation(
    "PHR-3",
    "Phrase: annual status",
    section="B2",
    strength="proposal",
    card="C-MONITOR",
    shown_with=("MON-VISIT-1", "MON-VISIT-2", "MON-VISIT-3", "MON-VISIT-4", "DUR-11", "DEN-3Y-1"),
    proposals=(note("PHR-3"),),
)
