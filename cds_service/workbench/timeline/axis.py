"""The days along the bottom: years, quarters or months, whichever leaves a readable number of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cds_service.workbench.timeline.marks import Axis, Spec
from cds_service.workbench.timeline.series import Timeline
from cds_service.workbench.timeline.words import Words
from hooks.guideline.calendar import add_months

#: Months between two lines, and the most lines there may be.
STEPS = (1, 3, 12, 24, 60, 120, 240)
MOST = 16


def ticks(drawn: Timeline, words: Words) -> Iterator[Spec]:
    """The lines of the axis with their names; first the edge where something earlier stands."""
    days = list(_days(drawn.begin, drawn.end))
    step = _step(drawn.begin, drawn.end)
    if drawn.early:
        first = f"{words.text('before')} {drawn.begin.year}"
        yield {"x": Axis(drawn).edge, "text": first, "i": 0, "n": 1}
    for number, day in enumerate(days):
        if drawn.early and day == drawn.begin:
            continue  # the edge names the year already
        text = (
            str(day.year) if step >= 12 else f"{day.month:02d}.{day.year}" if words.say.code == "da" else f"{day:%Y-%m}"
        )
        yield {"x": day.toordinal(), "text": text, "i": number, "n": len(days) * (2 if step < 12 else 1)}


def _step(begin: date, end: date) -> int:
    months = (end.year - begin.year) * 12 + end.month - begin.month
    return next((step for step in STEPS if months / step <= MOST), STEPS[-1])


def _days(begin: date, end: date) -> Iterator[date]:
    """The first days of the steps that lie within the axis."""
    step = _step(begin, end)
    months = begin.year * 12 + begin.month - 1
    months += -months % step
    day = date(months // 12, months % 12 + 1, 1)
    while day <= end:
        if day >= begin:
            yield day
        day = add_months(day, step)
