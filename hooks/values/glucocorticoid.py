"""Values of part 10: the dose arithmetic as it is shown (0.10 item 8), and the dates after prednisolone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from fhir_mappings.facts import MedicationCourse
from hooks.guideline.bone_density import no_dxa_recorded
from hooks.guideline.calendar import add_days, add_months
from hooks.guideline.case import Case
from hooks.guideline.drafted import drafted_glucocorticoids
from hooks.guideline.glucocorticoid import gc_end
from hooks.guideline.logic import Yes, above
from hooks.guideline.prednisolone import (
    WIDTH,
    Share,
    equivalent,
    given_in,
    glucocorticoids,
    past_sum,
    planned_sum,
    series,
    shares,
    windows,
)
from hooks.guideline.scope import age, female
from hooks.guideline.thresholds import (
    AGE_MAN_TREAT_BEFORE_DXA,
    EQUIVALENT_OF_5_MG_PREDNISOLONE,
    GC_AFTER_MAX,
    GC_AFTER_MIN,
    GC_SUM,
)
from hooks.language import Language
from hooks.texts import escape_markdown
from hooks.values import value, when
from hooks.values.common import rounded

_MG = "12345"
_DAY = "ikke registreret"
_ORDER = "prednisolon, 31.12.2024 – 31.12.2025: 1234 mg til og med i dag, 1234 mg planlagt"
#: So many orders stand on a line of their own; the rest is counted.
_LINES = 12


def _mg(mg: float, say: Language) -> str:
    """Milligrams; a sum below the limit never looks like the limit."""
    return rounded(mg, GC_SUM, say)


@value("gc_past_mg", _MG)
def _(case: Case, say: Language) -> str:
    return _mg(past_sum(case), say)


@value("gc_planned_mg", _MG)
def _(case: Case, say: Language) -> str:
    return _mg(planned_sum(case), say)


@value("gc_highest_mg", _MG)
def _(case: Case, say: Language) -> str:
    best = windows(case)
    return _mg(best[0].total if best else 0.0, say)


@value("gc_window", "31.12.2024 – 30.12.2025")
def _(case: Case, say: Language) -> str:
    best = windows(case)
    if best is None:
        return say.term("none")
    return f"{say.day(best[0].start)} – {say.day(add_days(best[0].start, WIDTH - 1))}"


@value("gc_days", "365")
def _(case: Case, _say: Language) -> str:
    best = windows(case)
    return str(best[1].days if best else 0)


def drug_of(course: MedicationCourse, say: Language) -> str:
    """The drug's name in the language; of a product without one the name it was sent with."""
    known = sorted(drug for drug in course.drugs if f"drug.{drug}" in say.terms)
    named = [drug for drug in known if drug in EQUIVALENT_OF_5_MG_PREDNISOLONE] or known
    if named:
        return say.term(f"drug.{named[0]}")
    return escape_markdown(course.display) or say.term("drug.glucocorticoid")


def _period(course: MedicationCourse, say: Language) -> str:
    """First and last day; an open end in words."""
    last = say.day(course.stop - timedelta(days=1)) if course.stop is not None else say.term("gc.open_end")
    return f"{say.day(course.start)} – {last}"


def _line(share: Share, drafts: frozenset[str], say: Language) -> str:
    course = share.course
    kind = "gc.line_prn" if course.prn else "gc.line_draft" if course.reference in drafts else "gc.line"
    when_taken = say.day(course.start) if course.prn else _period(course, say)
    return say.term(kind).format(
        drug=drug_of(course, say), period=when_taken, past=_mg(share.past, say), planned=_mg(share.planned, say)
    )


@value("gc_orders", _ORDER)
def _(case: Case, say: Language) -> str:
    """A nested list, one line per order that counts."""
    drafts = frozenset(d.course.reference for d in drafted_glucocorticoids(case))
    lines = [_line(share, drafts, say) for share in shares(case)]
    if len(lines) > _LINES:
        lines = [*lines[:_LINES], say.term("gc.more_orders").format(n=len(lines) - _LINES)]
    return "".join(f"\n  - {line}" for line in lines) or say.term("none")


@value("gc_factors", "dexamethason 0,75 mg, methylprednisolon 4 mg og hydrocortison 20 mg")
def _(case: Case, say: Language) -> str:
    counted = (s.course for s in series(case).stretches)
    others = {drug_of(c, say): equivalent(c) for c in counted if equivalent(c) != 5.0}
    return say.list(f"{drug} {say.number(mg)} mg" for drug, mg in sorted(others.items()))


def _named(courses: Iterable[MedicationCourse], say: Language) -> str:
    return say.list([f"{drug_of(c, say)} ({_period(c, say)})" for c in courses]) or say.term("none")


@value("gc_assumed", f"prednisolon ({_DAY} – åben slutdato)")
def _(case: Case, say: Language) -> str:
    return _named(series(case).assumed, say)


@value("gc_unreadable", f"prednisolon ({_DAY} – åben slutdato)")
def _(case: Case, say: Language) -> str:
    """The orders without a readable dose, with what was written."""
    parts = []
    for course in series(case).unreadable:
        written = f": “{escape_markdown(course.dose_text)}”" if course.dose_text else ""
        parts.append(f"{drug_of(course, say)} ({_period(course, say)}{written})")
    return say.list(parts) or say.term("none")


@value("gc_end", _DAY)
def _(case: Case, say: Language) -> str:
    """The last day with a dose."""
    end = gc_end(case)
    return say.day(end - timedelta(days=1) if end is not None else None)


@value("gc_window_opens", _DAY)
def _(case: Case, say: Language) -> str:
    end = gc_end(case)
    return say.day(add_months(end, GC_AFTER_MIN) if end is not None else None)


@value("gc_window_closes", _DAY)
def _(case: Case, say: Language) -> str:
    end = gc_end(case)
    return say.day(add_months(end, GC_AFTER_MAX) if end is not None else None)


@when("gc_counted")
def _(case: Case) -> bool:
    """Some order counts in the past or the coming year."""
    return bool(shares(case))


@when("gc_open_ended")
def _(case: Case) -> bool:
    """A counted order has no end and is taken to run on."""
    return bool(series(case).assumed)


@when("gc_other_drugs")
def _(case: Case) -> bool:
    """A counted drug is not prednisolone (or equal to it)."""
    return any(equivalent(s.course) != 5.0 for s in series(case).stretches)


@when("gc_duplicates")
def _(case: Case) -> bool:
    """Orders of one drug overlap without a link; they are summed."""
    counted = series(case)
    if not any(stretch.course.duplicate for stretch in counted.stretches):
        return False
    return any(course.duplicate for course in given_in(counted, windows(case)))


@when("gc_rescue_uncounted")
def _(case: Case) -> bool:
    """An as-needed order has no amount."""
    return bool(series(case).uncounted)


@when("gc_incomplete")
def _(case: Case) -> bool:
    """An order could not be counted."""
    return bool(series(case).unreadable)


@when("gc_ended_before")
def _(case: Case) -> bool:
    """The glucocorticoid has ended."""
    return gc_end(case) is not None


@when("gc_still_taken")
def _(case: Case) -> bool:
    return gc_end(case) is None and bool(glucocorticoids(case))


@when("gc_firm_tier")
def _(case: Case) -> bool:
    """Women over 75 and men over 80 (C-02)."""
    return _firm(case)


@when("gc_weaker_tier")
def _(case: Case) -> bool:
    """Men of 76 to 80 (C-02)."""
    return not _firm(case)


def _firm(case: Case) -> bool:
    return isinstance(female(case), Yes) or isinstance(above(age(case), AGE_MAN_TREAT_BEFORE_DXA), Yes)


@when("osteoporosis_not_excluded")
def _(case: Case) -> bool:
    """No T-score on record."""
    return no_dxa_recorded(case)
