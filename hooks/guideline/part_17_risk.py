"""Part 17: risk communication. No number from a risk tool triggers anything."""

from __future__ import annotations

from hooks.guideline.rule import Group

GROUP = Group(17, "Risk communication")

GROUP.explanation(
    "RISK-1",
    "Mayo Clinic Bone Health Choice Decision Aid",
    section="§8; B4",
    strength="recommended by the working group",
    card="C-TREATMENT",
    shown_with=("TX-IND-1", "TX-IND-2", "GLU-TX-1"),
)

GROUP.explanation(
    "RISK-2",
    "FRAX",
    section="B4; §9.1",
    strength="great caution",
    card="C-TREATMENT",
    shown_with=("RISK-1",),
)

GROUP.explanation(
    "RISK-3",
    "QFracture",
    section="B4",
    strength="great caution",
    card="C-TREATMENT",
    shown_with=("RISK-1",),
)

GROUP.explanation(
    "RISK-4",
    "All tools are uncertain",
    section="B4",
    strength="great caution",
    card="C-TREATMENT",
    shown_with=("RISK-1", "RISK-2", "RISK-3"),
)

GROUP.explanation(
    "RISK-5",
    "How common it is",
    section="§1; §2",
    strength="information",
    card="C-STATUS",
    shown_with=("DEF-OP-1", "TX-IND-3"),
)

GROUP.explanation(
    "RISK-6",
    "Other conditions may come first",
    section="§1; §10",
    strength="prioritise",
    card="C-TREATMENT",
    shown_with=("TX-IND-1", "TX-IND-2", "DUR-5"),
)
