"""Part 4, what a scan measures, and the rows of the table of intervals (§5)."""

from __future__ import annotations

from hooks.guideline.case import Case
from hooks.guideline.dxa_interval import in_row
from hooks.guideline.logic import Answer
from hooks.guideline.rule import Group

GROUP = Group(4, "DXA: what it measures, and how often")

_INTERVAL = "§5 interval table"
_WITH_INTERVAL = ("DXA-EARLY-1", "DXA-DUE-1")

GROUP.explanation(
    "DXA-1",
    "What DXA measures and which value decides",
    section="§5",
    strength="definition",
    card="C-INVESTIGATE",
    shown_with=(*(f"INV-{n}" for n in (*range(1, 10), 15)), "GLU-DXA-1", "GLU-DXA-2"),
)


def row_1(case: Case) -> Answer:
    """T above -1.0 and older than 75."""
    return in_row(case, 1)


def row_2(case: Case) -> Answer:
    """T above -1.0 and at most 75 (C-10)."""
    return in_row(case, 2)


def row_3(case: Case) -> Answer:
    """T -1.0 to -2.0, a man."""
    return in_row(case, 3)


def row_4(case: Case) -> Answer:
    """T -1.0 to -2.0, a woman more than five years after the menopause."""
    return in_row(case, 4)


def row_5(case: Case) -> Answer:
    """T -1.0 to -2.0, a woman at most five years after the menopause, or age at menopause unknown (C-10)."""
    return in_row(case, 5)


def row_6(case: Case) -> Answer:
    """T below -2.0."""
    return in_row(case, 6)


GROUP.explanation(
    "DXA-INT-1",
    "Interval: T > -1.0 and age > 75",
    section=_INTERVAL,
    strength="suggestion",
    card="C-INVESTIGATE",
    shown_with=_WITH_INTERVAL,
    when=row_1,
)

GROUP.explanation(
    "DXA-INT-2",
    "Interval: T > -1.0 and age < 75",
    section=_INTERVAL,
    strength="suggestion",
    card="C-INVESTIGATE",
    shown_with=_WITH_INTERVAL,
    when=row_2,
)

GROUP.explanation(
    "DXA-INT-3",
    "Interval: T -1.0 to -2.0, men",
    section=_INTERVAL,
    strength="suggestion",
    card="C-INVESTIGATE",
    shown_with=_WITH_INTERVAL,
    when=row_3,
)

GROUP.explanation(
    "DXA-INT-4",
    "Interval: T -1.0 to -2.0, women more than 5 years after menopause",
    section=_INTERVAL,
    strength="suggestion",
    card="C-INVESTIGATE",
    shown_with=_WITH_INTERVAL,
    when=row_4,
)

GROUP.explanation(
    "DXA-INT-5",
    "Interval: T -1.0 to -2.0, women less than 5 years after menopause",
    section=_INTERVAL,
    strength="suggestion",
    card="C-INVESTIGATE",
    shown_with=_WITH_INTERVAL,
    when=row_5,
)

GROUP.explanation(
    "DXA-INT-6",
    "Interval: T below -2.0",
    section=_INTERVAL,
    strength="suggestion",
    card="C-INVESTIGATE",
    shown_with=_WITH_INTERVAL,
    when=row_6,
)
