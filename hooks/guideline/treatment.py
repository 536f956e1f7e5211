"""Treatment status (0.5): on tablets, on denosumab, on zoledronate, anabolic, lapsed, completed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fhir_mappings.facts import Administration, Dispensing, Fact, MedicationCourse, Order
from hooks.guideline.bone_density import days_of_change, t_studies
from hooks.guideline.calendar import add_days, add_months, within_months
from hooks.guideline.case import INJECTIONS, MEDICATIONS, ORDERS, Case, absent, on_order_hook, predicate
from hooks.guideline.drafted import (
    ANABOLICS,
    BONE_DRUGS,
    ORAL_BISPHOSPHONATES,
    draft_medication,
    draft_medications,
    draft_service,
)
from hooks.guideline.laboratory import CALCIUM, calcium_low, egfr, values
from hooks.guideline.logic import (
    NO,
    YES,
    Answer,
    Unknown,
    Yes,
    all_of,
    any_of,
    at_most,
    exists,
    no,
    yes_if,
)
from hooks.guideline.scope import condition, noted
from hooks.guideline.thresholds import (
    COURSE_ORAL,
    COURSE_ZOLEDRONATE,
    DENOSUMAB_MAX,
    EGFR_LIMIT,
    GAP_ORAL,
    ZOLEDRONATE_EFFECT,
    ZOLEDRONATE_INTERVAL,
)

BISPHOSPHONATES = ORAL_BISPHOSPHONATES | {"zoledronate", "ibandronate_iv"}


def courses(case: Case, drugs: Iterable[str]) -> tuple[MedicationCourse, ...]:
    """All recorded courses of these drugs, past, running and planned; cancer products left out."""
    wanted = frozenset(drugs)
    return tuple([c for c in case.facts.courses if c.drugs & wanted and not c.cancer_product])


def active(case: Case, *drugs: str) -> Answer:
    """Whether one of these drugs is being taken; unknown when the medicine list was not delivered."""
    return exists((c for c in courses(case, drugs) if c.active), otherwise=absent(case, *MEDICATIONS))


@dataclass(frozen=True, slots=True)
class Course:
    """Orders of one kind of drug joined to a course: gaps of up to 90 days do not restart it."""

    start: date | None
    stop: date | None
    running: bool
    evidence: tuple[Fact, ...]


def _injection_days(case: Case) -> tuple[date, ...]:
    return tuple(sorted(given.date for given in (*injections(case), *infusions(case))))


def _last_dispensed(case: Case, drugs: frozenset[str]) -> date | None:
    return max((d.date for d in case.facts.dispensings if d.drugs & drugs), default=None)


def _ended_by_injection(case: Case, course: MedicationCourse) -> date | None:
    """The day a later injection or infusion replaced a tablet order that was never closed."""
    dispensed = _last_dispensed(case, course.drugs & ORAL_BISPHOSPHONATES)
    for day in _injection_days(case):
        if course.start is not None and course.start < day and (dispensed is None or dispensed <= day):
            return day
    return None


@predicate
def oral_courses(case: Case) -> tuple[Course, ...]:
    """The oral bisphosphonate courses up to today, oldest first; the last may be running."""
    return joined_courses(case, ORAL_BISPHOSPHONATES)


def joined_courses(case: Case, drugs: Iterable[str]) -> tuple[Course, ...]:
    """The courses of these drugs up to today, oldest first; an injection ends an open order for tablets."""
    joined: list[Course] = []
    found = [c for c in courses(case, drugs) if c.start is None or c.start <= case.today]
    found.sort(key=lambda c: (c.start or date.min, c.stop or date.max, c.reference))
    for order in found:
        replaced = _ended_by_injection(case, order) if order.drugs & ORAL_BISPHOSPHONATES else None
        running = order.active and replaced is None
        stop = None if running else min((d for d in (order.stop, replaced) if d is not None), default=None)
        course = Course(order.start, stop, running, (order,))
        last = joined[-1] if joined else None
        if last is not None and _continues(last, course):
            joined[-1] = _joined(last, course)
        else:
            joined.append(course)
    return tuple(joined)


def _continues(last: Course, following: Course) -> bool:
    if last.start is None or following.start is None:
        return last.running and following.running
    if last.running:
        return True
    return last.stop is not None and following.start <= add_days(last.stop, GAP_ORAL)


def _joined(last: Course, following: Course) -> Course:
    running = last.running or following.running
    stops = [d for d in (last.stop, following.stop) if d is not None]
    start = last.start or following.start
    return Course(start, None if running or not stops else max(stops), running, last.evidence + following.evidence)


@predicate
def oral_course(case: Case) -> Course | None:
    """The running oral course."""
    return next((c for c in oral_courses(case) if c.running), None)


@predicate
def on_oral_bp(case: Case) -> Answer:
    """An oral bisphosphonate is being taken."""
    course = oral_course(case)
    return Yes(course.evidence) if course is not None else absent(case, *MEDICATIONS)


@predicate
def bp_start(case: Case) -> date | None:
    """Start of the running oral course; None when none runs or its start is not recorded."""
    course = oral_course(case)
    return course.start if course is not None else None


def months_on_oral(case: Case, months: float) -> Answer:
    """On tablets for at least `months`; unknown when the start is not recorded."""
    return since_months(case, on_oral_bp(case), bp_start(case), months)


def oral_between(case: Case, months: float, until: float) -> Answer:
    """On tablets for at least `months` and less than `until`; unknown when the start is not recorded."""
    start = bp_start(case)
    early = yes_if(start is not None and case.today < add_months(start, until))
    return all_of(months_on_oral(case, months), early)


def since_months(case: Case, running: Answer, start: date | None, months: float) -> Answer:
    """`running`, and `start` at least `months` ago."""
    if isinstance(running, Yes) and start is None:
        return Unknown(("treatment_start",))
    return all_of(running, yes_if(start is not None and case.today >= add_months(start, months)))


@predicate
def injections(case: Case) -> tuple[Administration | Dispensing, ...]:
    """Denosumab injections, oldest first; without any recorded, the dispensings."""
    given = [a for a in case.facts.administrations if a.drug == "denosumab" and not a.cancer_product]
    if given:
        return tuple(sorted(given, key=lambda a: a.date))
    handed = [d for d in case.facts.dispensings if "denosumab" in d.drugs and not d.cancer_product]
    return tuple(sorted(handed, key=lambda d: d.date))


@predicate
def infusions(case: Case) -> tuple[Administration, ...]:
    """Zoledronate infusions, oldest first."""
    given = [a for a in case.facts.administrations if a.drug == "zoledronate" and not a.cancer_product]
    return tuple(sorted(given, key=lambda a: a.date))


@predicate
def den_last(case: Case) -> date | None:
    """The latest denosumab injection (else dispensing)."""
    return injections(case)[-1].date if injections(case) else None


@predicate
def den_first(case: Case) -> date | None:
    """The first recorded denosumab injection (else dispensing)."""
    return injections(case)[0].date if injections(case) else None


@predicate
def zol_last(case: Case) -> date | None:
    """The latest zoledronate infusion."""
    return infusions(case)[-1].date if infusions(case) else None


@predicate
def den_given(case: Case) -> Answer:
    """den_last exists."""
    return exists(injections(case)[-1:], otherwise=absent(case, *INJECTIONS))


@predicate
def den_undated(case: Case) -> Answer:
    """Denosumab is on the medicine list, and no injection is recorded."""
    return all_of(active(case, "denosumab"), no(den_given(case)))


@predicate
def denosumab_ever(case: Case) -> Answer:
    """Denosumab was given or dispensed at any time, or was or is on the medicine list."""
    return any_of(den_given(case), exists(courses(case, ("denosumab",)), otherwise=absent(case, *MEDICATIONS)))


@predicate
def den_undated_start(case: Case) -> date | None:
    """Start of that order."""
    return min((c.start for c in courses(case, ("denosumab",)) if c.active and c.start), default=None)


def den_within(case: Case, months: float) -> Answer:
    """The last denosumab injection is at most `months` old."""
    last = den_last(case)
    return all_of(den_given(case), yes_if(last is not None and case.today <= add_months(last, months)))


@predicate
def denosumab_stop_planned(case: Case) -> Answer:
    """A stop is noted, or the patient declined denosumab while within its reach (0.6 point 4)."""
    declined = any(
        d.topic == "denosumab"
        and within_months(d.date, case.today, case.defaults.decline)
        and not any(day > d.date for day in days_of_change(case))
        for d in case.facts.declined
    )
    return any_of(
        noted(case, "denosumab_stop_planned"),
        all_of(yes_if(declined), den_within(case, case.defaults.den_lapse)),
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
    start = treatment_start(case)
    if start is None and isinstance(on_oral_bp(case), Yes):
        return Unknown(("treatment_start",))
    return all_of(on_antiosteo(case), yes_if(start is not None and case.today >= add_months(start, months)))


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


def start_draft(case: Case, *drugs: str) -> Answer:
    """A new start of one of these drugs is drafted (the drug or its class is not being taken)."""
    return _any_drafted(case, drugs, renewal=False)


def renewal_draft(case: Case, *drugs: str) -> Answer:
    """A renewal of one of these drugs is drafted (the drug or its class is being taken)."""
    return _any_drafted(case, drugs, renewal=True)


def _any_drafted(case: Case, drugs: Iterable[str], *, renewal: bool) -> Answer:
    drafts = case.facts.drafts
    if not on_order_hook(case) or not (drafts.medications or drafts.services):
        return NO
    named = frozenset[str]().union(*[d.drugs for d in drafts.medications], *[d.concepts for d in drafts.services])
    return any_of(*[_drafted(case, drug, renewal=renewal) for drug in drugs if drug in named])


def _drafted(case: Case, drug: str, *, renewal: bool) -> Answer:
    draft = draft_medication(case, drug)
    if drug == "zoledronate":
        draft = any_of(draft, draft_service(case, "zoledronate"))
    if draft == NO:
        return NO
    taken = running(case, drug)
    status = taken if renewal else no(taken)
    return all_of(draft, status, no(den_cont(case)) if drug == "denosumab" else YES)


@predicate
def start_any(case: Case) -> Answer:
    """start_draft(any)."""
    return start_draft(case, *sorted(BONE_DRUGS))


@predicate
def renewal_any(case: Case) -> Answer:
    """renewal(any)."""
    return renewal_draft(case, *sorted(BONE_DRUGS))


@predicate
def start_oral_bp(case: Case) -> Answer:
    """start_draft(oral bisphosphonate)."""
    return start_draft(case, *sorted(ORAL_BISPHOSPHONATES))


@predicate
def oral_bp_drafted(case: Case) -> Answer:
    """An oral bisphosphonate is drafted, start or renewal."""
    return exists(draft_medications(case, ORAL_BISPHOSPHONATES))


@predicate
def bp_blocked(case: Case) -> Answer:
    """Kidney or calcium forbids a bone drug in general practice: raw facts, any age (0.5).

    Never measured is not blocked: the PRE entries ask for the tests instead.
    """
    return any_of(
        *(known for known in (at_most(egfr(case), EGFR_LIMIT), calcium_low(case)) if not isinstance(known, Unknown)),
        condition(case, "kidney_transplant"),
    )


@predicate
def oral_unsuitable(case: Case) -> Answer:
    """Tablets do not suit: oesophageal disorder, cannot stay upright, intolerance (SEL-1)."""
    return any_of(
        condition(case, "oesophageal_disorder"),
        noted(case, "cannot_stay_upright"),
        noted(case, "oral_bp_intolerance"),
    )


def pending(case: Case, *concepts: str) -> Answer:
    """An active order of these concepts, at most P_ORDER_PENDING old, without a result dated after it."""
    orders = case.facts.orders
    if not orders:
        return absent(case, *ORDERS)
    wanted = frozenset(concepts)
    found = []
    for order in orders:
        if not order.pending or not any(_unanswered(case, order, concept) for concept in order.concepts & wanted):
            continue
        if order.date is None or within_months(order.date, case.today, case.defaults.order_pending):
            found.append(order)
    return exists(found, otherwise=absent(case, *ORDERS))


def _unanswered(case: Case, order: Order, concept: str) -> bool:
    """Whether nothing of this concept is dated on or after the order."""
    since = order.date
    if since is None:
        return True
    if concept == "dxa":
        return not any(study.date >= since for study in t_studies(case))
    if concept == "zoledronate":
        return not any(given.date >= since for given in infusions(case))
    results = values(case, *CALCIUM) if concept == "calcium" else values(case, concept)
    return not any(result.date >= since for result in results)


def booked(case: Case, concept: str, *, since: date, until: date | None = None) -> Answer:
    """A booking of this kind on or after `since` (and up to `until`)."""
    found = [
        b
        for b in case.facts.bookings
        if b.concept == concept and b.date >= since and (until is None or b.date <= until)
    ]
    return exists(found, otherwise=absent(case, "appointments"))


def visited(case: Case, *concepts: str, since: date) -> Answer:
    """A visit of one of these kinds on or after `since`; visits are in appointments or encounters."""
    found = [v for v in case.facts.visits if v.concept in concepts and v.date >= since]
    either = "appointments" if "appointments" in case.facts.sources else "encounters"
    return exists(found, otherwise=absent(case, either))
