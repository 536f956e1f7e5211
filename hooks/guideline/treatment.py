"""Treatment status (0.5): on tablets, on denosumab, on zoledronate, anabolic, lapsed, completed."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Fact
from hooks.guideline.calendar import add_months, within_months
from hooks.guideline.case import INJECTIONS, MEDICATIONS, Case, absent, predicate
from hooks.guideline.courses import BISPHOSPHONATES, active, courses
from hooks.guideline.drafted import ANABOLICS, ORAL_BISPHOSPHONATES, draft_medication
from hooks.guideline.injections import (
    den_first,
    den_last,
    den_undated,
    den_within,
    denosumab_stop_planned,
    infusions,
    injections,
    zol_last,
)
from hooks.guideline.logic import NO, Answer, Yes, all_of, any_of, exists, no, yes_if
from hooks.guideline.tablets import Course, begun, bp_start, on_oral_bp, oral_courses
from hooks.guideline.thresholds import (
    COURSE_ORAL,
    COURSE_ZOLEDRONATE,
    DENOSUMAB_MAX,
    ZOLEDRONATE_EFFECT,
    ZOLEDRONATE_INTERVAL,
)


@predicate
def on_denosumab(case: Case) -> Answer:
    """The last injection is at most seven months old and no stop is planned."""
    return all_of(den_within(case, DENOSUMAB_MAX), no(denosumab_stop_planned(case)))


@predicate
def on_zol(case: Case) -> Answer:
    """The last infusion is at most 15 months old."""
    last = zol_last(case)
    if last is None:
        return absent(case, *INJECTIONS)
    return yes_if(case.today <= add_months(last, ZOLEDRONATE_EFFECT), infusions(case)[-1])


@predicate
def on_anabolic(case: Case) -> Answer:
    """Teriparatide or romosozumab is being taken."""
    return active(case, *sorted(ANABOLICS))


def antiresorptive_after(case: Case, day: date | None) -> Answer:
    """A bisphosphonate begun or dispensed, zoledronate infused or denosumab injected, after `day`."""
    later_injection = [a for a in injections(case) if day is not None and a.date > day]
    return any_of(bisphosphonate_after(case, day), exists(later_injection, otherwise=absent(case, *INJECTIONS)))


def bisphosphonate_after(case: Case, day: date | None) -> Answer:
    """A tablet begun (not only planned), a bisphosphonate dispensed, or zoledronate infused, after `day`."""
    if day is None:
        return NO
    found: list[Fact] = [a for a in infusions(case) if a.date > day]
    tablets = courses(case, ORAL_BISPHOSPHONATES)
    found += [c for c in tablets if c.start is not None and day < c.start <= case.today]
    found += [d for d in case.facts.dispensings if d.drugs & BISPHOSPHONATES and not d.cancer_product and d.date > day]
    return exists(found, otherwise=absent(case, *MEDICATIONS, *INJECTIONS))


@predicate
def bp_after_den(case: Case) -> Answer:
    """A bisphosphonate begun, ordered or dispensed after the last denosumab; an older order left open is none."""
    last = den_last(case)
    ordered = [c for c in courses(case, BISPHOSPHONATES) if last is not None and c.start is not None and c.start > last]
    return any_of(bisphosphonate_after(case, last), exists(ordered))


@predicate
def lapsed_denosumab(case: Case) -> Answer:
    """The last injection is at most 24 months old and no antiresorptive came after it."""
    return all_of(den_within(case, case.defaults.den_lapse), no(antiresorptive_after(case, den_last(case))))


@predicate
def on_cancer_product(case: Case) -> Answer:
    """A cancer product of denosumab or zoledronate is being given (running order, or a dose in seven months)."""
    running = [c for c in case.facts.courses if c.cancer_product and c.active]
    given = [
        a for a in case.facts.administrations if a.cancer_product and within_months(a.date, case.today, DENOSUMAB_MAX)
    ]
    return exists([*running, *given])


@predicate
def on_antiosteo(case: Case) -> Answer:
    """Any anti-osteoporotic treatment, lapsed or undated denosumab included."""
    return any_of(
        on_oral_bp(case),
        on_denosumab(case),
        on_zol(case),
        on_anabolic(case),
        active(case, "raloxifene", "ibandronate_iv"),
        lapsed_denosumab(case),
        den_undated(case),
        on_cancer_product(case),
    )


@predicate
def overdue(case: Case) -> Answer:
    """More than seven and at most 24 months since denosumab, and nothing after it."""
    last = den_last(case)
    if last is None:
        return absent(case, *INJECTIONS)
    late = add_months(last, DENOSUMAB_MAX) < case.today <= add_months(last, case.defaults.den_lapse)
    return all_of(yes_if(late, injections(case)[-1]), no(bisphosphonate_after(case, last)))


@predicate
def treatment_start(case: Case) -> date | None:
    """The earliest start of the running treatments (tablets, denosumab, zoledronate)."""
    starts = []
    if isinstance(on_oral_bp(case), Yes):
        starts.append(bp_start(case))
    if isinstance(on_denosumab(case), Yes):
        starts.append(den_first(case))
    if isinstance(on_zol(case), Yes):
        starts.append(infusions(case)[0].date)
    return min((s for s in starts if s is not None), default=None)


def treated_months(case: Case, months: float) -> Answer:
    """On treatment, at least `months` since treatment_start; unknown when a tablet's start is not recorded."""
    return all_of(on_antiosteo(case), begun(case, treatment_start(case), months))


@predicate
def _completed(case: Case) -> tuple[Course, ...]:
    """The completed courses: tablets of five years or more, three infusions or more (until 12 months after)."""
    ended = [
        c
        for c in oral_courses(case)
        if c.start and c.stop and c.stop <= case.today and c.stop >= add_months(c.start, COURSE_ORAL)
    ]
    given, last = infusions(case), zol_last(case)
    if last is not None and len(given) >= COURSE_ZOLEDRONATE and not on_zol(case):
        ended.append(Course(given[0].date, add_months(last, ZOLEDRONATE_INTERVAL), False, given))
    return tuple(sorted(ended, key=lambda c: c.stop or case.today))


@predicate
def stop_date(case: Case) -> date | None:
    """End of the last completed course; None when none is."""
    ended = _completed(case)
    return ended[-1].stop if ended else None


@predicate
def post_course(case: Case) -> Answer:
    """A course is completed, nothing is taken now, and no denosumab or anabolic drug came after it."""
    stopped = stop_date(case)
    if stopped is None:
        return absent(case, *MEDICATIONS, *INJECTIONS)
    later = any(a.date >= stopped for a in injections(case)) or any(
        c.start is not None and c.start > stopped for c in courses(case, ANABOLICS | {"denosumab"})
    )
    return all_of(Yes(_completed(case)[-1].evidence), no(on_antiosteo(case)), yes_if(not later))


@predicate
def untreated(case: Case) -> Answer:
    """Not on anti-osteoporotic treatment, and not in the time after a completed course."""
    return all_of(no(on_antiosteo(case)), no(post_course(case)))


@predicate
def den_cont(case: Case) -> Answer:
    """The drafted denosumab continues injections at most 24 months old: neither start nor renewal."""
    return all_of(draft_medication(case, "denosumab"), den_within(case, case.defaults.den_lapse))


def running(case: Case, drug: str) -> Answer:
    """Whether the drug, or its class, is being taken."""
    if drug in ORAL_BISPHOSPHONATES:
        return on_oral_bp(case)
    if drug == "zoledronate":
        return on_zol(case)
    if drug == "denosumab":
        return any_of(on_denosumab(case), den_undated(case))
    return active(case, drug)
