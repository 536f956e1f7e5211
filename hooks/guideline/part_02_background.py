"""Part 2, background on calcium and vitamin D: texts that go with the supplement entries."""

from __future__ import annotations

from hooks.guideline.rule import Group

GROUP = Group(2, "Calcium and vitamin D: background")

GROUP.explanation(
    "SUP-12",
    "Supplements are often stopped after a while",
    section="§3",
    strength="be aware",
    card="C-SUPPLEMENT",
    shown_with=("MON-VISIT-1", "MON-VISIT-2", "MON-VISIT-3", "MON-VISIT-4", "DEN-INT-1"),
)

GROUP.explanation(
    "SUP-13",
    "Calcium tablets: debated benefit and cardiovascular signal",
    section="A-CalciumSuppl",
    strength="individual approach (article)",
    card="C-SUPPLEMENT",
    shown_with=("SUP-1", "SUP-4", "LIF-10", "PRE-SUP-1"),
)

GROUP.explanation(
    "SUP-14",
    "Calcium content of foods",
    section="§3 food table",
    strength="information",
    card="C-SUPPLEMENT",
    shown_with=("SUP-4", "LIF-10"),
)

GROUP.explanation(
    "SUP-15",
    "Other published intake figures",
    section="A-Calcium",
    strength="information",
    card="C-SUPPLEMENT",
    shown_with=("SUP-4",),
)

GROUP.explanation(
    "SUP-16",
    "Absorption differs by source",
    section="A-Calcium",
    strength="information",
    card="C-SUPPLEMENT",
    shown_with=("LIF-10", "SUP-4"),
)

GROUP.explanation(
    "SUP-17",
    "Child and pregnancy rows of the supplement tables",
    section="§3 box; B1-S",
    strength="recommended (other populations)",
    card="C-SUPPLEMENT",
    shown_with=("SUP-2",),
)

GROUP.explanation(
    "SUP-18",
    "Vitamin D sources and people at risk of too little",
    section="§3; A-VitD",
    strength="be aware",
    card="C-SUPPLEMENT",
    shown_with=("SUP-1", "SUP-2", "SUP-8", "PRE-VITD-1", "PRE-VITD-4"),
)
