"""Part 5: when osteoporosis was found, what the panel still lacks, and vitamin D around the scan."""

from __future__ import annotations

from datetime import date

from hooks.guideline.bone_density import any_t_score, dxa_dates, t_low, t_studies
from hooks.guideline.calendar import add_months
from hooks.guideline.case import OBSERVATIONS, SCREENING, Case, absent, predicate
from hooks.guideline.fractures import fractures, major_fracture, qualifies
from hooks.guideline.laboratory import CALCIUM, PANEL, values
from hooks.guideline.logic import NO, Answer, Known, Yes, all_of, any_of, at_least, at_most, below, exists, no
from hooks.guideline.orders import pending
from hooks.guideline.scan_quality import vitamin_d_very_low_near_scan
from hooks.guideline.scope import in_scope
from hooks.guideline.thresholds import (
    REPLETED,
    T_OSTEOPENIA,
    T_OSTEOPOROSIS,
    VITD_SCAN_AFTER,
    VITD_SCAN_BEFORE,
    VITD_TARGET_LOW,
    VITD_VERY_LOW,
)
from hooks.guideline.treatment import on_antiosteo

#: The panel of §7: what is ordered, and the results that answer it (eGFR counts as creatinine).
PANEL_ITEMS: dict[str, tuple[str, ...]] = {
    "haemoglobin": ("haemoglobin",),
    "leucocytes": ("leucocytes",),
    "crp": ("crp",),
    "creatinine": ("creatinine", "egfr"),
    "sodium": ("sodium",),
    "potassium": ("potassium",),
    "calcium": CALCIUM,
    "alat": ("alat",),
    "alp": ("alp",),
    "tsh": ("tsh",),
    "hba1c": ("hba1c",),
    "vitamin_d": ("vitamin_d",),
    "pth": ("pth",),
}
#: The prefetch keys the results of each come in.
_SOURCES = {item: OBSERVATIONS if PANEL.isdisjoint(results) else SCREENING for item, results in PANEL_ITEMS.items()}


@predicate
def finding_date(case: Case) -> date:
    """The day osteoporosis was first found: T-score, qualifying fracture or diagnosis; today when none is dated."""
    days: list[date | None] = []
    for study in t_studies(case):
        lowest = study.lowest()
        if lowest is not None and at_most(Known(lowest.value), T_OSTEOPOROSIS):
            days.append(study.date)
    days += [f.date for f in fractures(case, lambda f: qualifies(case, f))]
    days += [c.onset for c in case.facts.conditions.get("osteoporosis_coded", ()) if c.active]
    return min((day for day in days if day is not None), default=case.today)


@predicate
def _results_from(case: Case) -> date:
    """The first day whose results answer the panel: a year before the finding."""
    return add_months(finding_date(case), -case.defaults.screen_age)


def _lacking(case: Case, item: str) -> Answer:
    """No result from a year before the finding onwards, and not ordered; unknown when results were not delivered."""
    concepts = PANEL_ITEMS[item]
    since, measurements = _results_from(case), case.facts.measurements
    for concept in concepts:
        history = measurements.get(concept)
        if history and history[0].date >= since:
            return NO
    if case.facts.orders and isinstance(pending(case, item, *concepts), Yes):
        return NO
    return no(absent(case, *_SOURCES[item]))


@predicate
def _panel(case: Case) -> tuple[tuple[str, Answer], ...]:
    """Each test of the panel, and whether it lacks a result and is not ordered."""
    return tuple([(item, _lacking(case, item)) for item in PANEL_ITEMS])


@predicate
def panel_to_order(case: Case) -> tuple[str, ...]:
    """The tests of the panel that lack a result and are not ordered."""
    return tuple([item for item, answer in _panel(case) if isinstance(answer, Yes)])


@predicate
def panel_missing(case: Case) -> Answer:
    """Something of the panel lacks a result and is not ordered."""
    return any_of(*[answer for _, answer in _panel(case)])


@predicate
def normal_since(case: Case) -> date | None:
    """First day of the recommended vitamin D level after the low value around the scan, never below it since."""
    made = dxa_dates(case)
    if not made:
        return None
    first, last = add_months(made[0], -VITD_SCAN_BEFORE), add_months(made[0], VITD_SCAN_AFTER)
    history = sorted(values(case, "vitamin_d"), key=lambda m: m.date)
    low = [m.date for m in history if first <= m.date <= last and below(Known(m.value), VITD_VERY_LOW)]
    since: date | None = None
    for level in history:
        if low and level.date > low[-1]:
            enough = bool(at_least(Known(level.value), VITD_TARGET_LOW))
            since = (since or level.date) if enough else None
    return since


@predicate
def rescan_after_repletion(case: Case) -> Answer:
    """The condition of SEC-6: the scan was made at very low vitamin D, and the level has been normal since."""
    return all_of(
        in_scope(case),
        any_t_score(case),
        at_most(t_low(case), T_OSTEOPENIA),
        vitamin_d_very_low_near_scan(case),
        no(major_fracture(case)),
        no(on_antiosteo(case)),
        normal_for(case, REPLETED),
    )


def normal_for(case: Case, months: float) -> Answer:
    """The recommended level was reached at least `months` ago; no repeat value is no."""
    since = normal_since(case)
    reached = since is not None and case.today >= add_months(since, months)
    level = values(case, "vitamin_d")[:1]
    return exists(level) if reached else absent(case, *OBSERVATIONS)
