"""What silences a recommendation (0.6), and what softens it.

The topics and lists below are the catalogue's own, written once.
"""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Measurement
from hooks.guideline.bone_density import days_of_change
from hooks.guideline.calendar import within_days, within_months
from hooks.guideline.case import ORDER_SIGN, PATIENT_VIEW, Case, on_order_hook, predicate
from hooks.guideline.drafted import BONE_DRUGS, draft_medications, drafted_concept
from hooks.guideline.logic import Answer, Unknown, Yes
from hooks.guideline.orders import pending
from hooks.guideline.rule import Indicator, Rule
from hooks.guideline.scope import adult, limited_life, noted

#: Why nothing is shown when the patient's age or sex is missing.
UNKNOWN_PATIENT = "age or sex not known"
#: Stay when life expectancy is limited, but drop from critical to warning (point 2).
SOFTENED_BY_LIMITED_LIFE = frozenset({"DEN-INT-2", "DEN-STOP-1"})
#: Entries that a pending order does not silence on order-sign: a test ordered is not a value known (point 3).
NOT_KNOWN_BY_ORDER = frozenset({"PRE-EGFR-1", "PRE-CA-2", "DEN-CA-2", "DEN-CA-3"})
#: A drafted bone drug silences these (point 3).
SILENT_BY_DRAFTED_DRUG = frozenset({"GLU-TX-1", "GLU-TX-2"})

#: Never silenced at the signature, not even by an earlier override of the softened card.
NEVER_SILENT_AT_SIGNATURE = frozenset({"DEN-STOP-1"})

_INVESTIGATE = frozenset({*(f"INV-{n}" for n in (*range(10), 15, 16))})
#: What a refusal of each topic silences (point 4).
DECLINED: dict[str, frozenset[str]] = {
    "treatment": frozenset({"TX-IND-1", "TX-IND-2", "GLU-TX-1", "GLU-TX-2", "SEL-1"}),
    "dxa": _INVESTIGATE
    | {"DXA-DUE-1", "DXA-NEW-1", "SEC-6", "GLU-DXA-1", "GLU-DXA-2", "MON-DXA-1", "MON-DXA-2", "DUR-2"},
    "markers": frozenset({"MON-MARK-1", "MON-MARK-5", "MON-MARK-10", "MON-MARK-13"}),
    "fall_prevention": frozenset({"FALL-1", "FALL-2", "FALL-3", "FALL-6"}),
}
#: Silent when a bone clinic is responsible (point 6); MON-* and the PRE lines of patient-view too.
#: Safety entries on the order hooks stay (MON-INTAKE-3).
SILENT_BY_SPECIALIST = frozenset(
    {
        *("DUR-2", "DUR-7", "DUR-11", "DUR-12", "SEL-1", "SEL-2", "SEL-5", "SEL-7", "SEL-17", "SEC-1", "SEC-2"),
        *("GLU-DXA-1", "GLU-TX-1", "GLU-TX-2", "REF-4", "REF-5", "REF-6"),
    }
)
SOFTENED_BY_SPECIALIST = frozenset({"TX-IND-1", "TX-IND-2"})


@predicate
def no_cards_at_all(case: Case) -> str:
    """Deceased, a child, or age or sex not known: nothing is shown; the reason, "" otherwise."""
    if case.facts.deceased:
        return "deceased"
    if case.facts.birth_date is None or case.facts.sex is None:
        return UNKNOWN_PATIENT
    return "" if adult(case) else "under 18"


def silenced(case: Case, rule: Rule, answer: Answer) -> str:
    """Why the entry, true or unknown, is not shown; "" when nothing silences it."""
    reason = no_cards_at_all(case)
    if reason:
        return reason
    if rule.suppression == "none" or (case.hook == ORDER_SIGN and rule.id in NEVER_SILENT_AT_SIGNATURE):
        return ""
    if rule.suppression in ("standard", "override") and _overridden(case, rule, answer):
        return "overridden by a clinician"
    if rule.suppression != "standard":
        return ""
    return _standard(case, rule)


def _standard(case: Case, rule: Rule) -> str:
    if isinstance(limited_life(case), Yes) and rule.id not in SOFTENED_BY_LIMITED_LIFE:
        return "limited life expectancy"
    if rule.settled_by and _settled(case, rule):
        return "already ordered"
    if rule.id in SILENT_BY_DRAFTED_DRUG and draft_medications(case, BONE_DRUGS):
        return "already drafted"
    if case.facts.declined and _declined(case, rule):
        return "declined by the patient"
    if _specialist(case) and _silent_by_specialist(case, rule):
        return "bone clinic responsible"
    if rule.unless is not None and isinstance(rule.unless(case), Yes):
        return "not needed here"
    return ""


def _settled(case: Case, rule: Rule) -> bool:
    """The same suggestion is already ordered without a result, or already drafted."""
    if case.hook == ORDER_SIGN and rule.id in NOT_KNOWN_BY_ORDER:
        return False
    if on_order_hook(case) and any(drafted_concept(case, concept) for concept in rule.settled_by):
        return True
    return isinstance(pending(case, *rule.settled_by), Yes)


def _declined(case: Case, rule: Rule) -> bool:
    for declined in case.facts.declined:
        if rule.id not in DECLINED.get(declined.topic, ()):
            continue
        if not within_months(declined.date, case.today, case.defaults.decline):
            continue
        if not any(day > declined.date for day in days_of_change(case)):
            return True
    return False


def _overridden(case: Case, rule: Rule, answer: Answer) -> bool:
    overrides = case.facts.overrides
    days = [o.date for o in overrides if o.recommendation == rule.id and o.date <= case.today] if overrides else []
    if not days or isinstance(answer, Unknown):
        return False
    newest = max(days)
    indicator = indicator_after(case, rule)
    if indicator == "critical":
        if case.hook != PATIENT_VIEW:
            return False
        lasts = case.defaults.ovr_critical
    else:
        lasts = case.defaults.ovr_info if indicator == "info" else case.defaults.ovr_warn
    if not within_days(newest, case.today, lasts):
        return False
    return not any(day > newest for day in (*days_of_change(case), *_triggers(answer)))


def _triggers(answer: Answer) -> list[date]:
    """Days of the laboratory results the answer rests on."""
    return [f.date for f in answer.evidence if isinstance(f, Measurement)] if isinstance(answer, Yes) else []


def _specialist(case: Case) -> bool:
    return isinstance(noted(case, "specialist_bone_care"), Yes)


def _silent_by_specialist(case: Case, rule: Rule) -> bool:
    if rule.id.startswith("PRE-"):
        return case.hook == PATIENT_VIEW
    if rule.card == "C-SAFETY" and on_order_hook(case):
        return False
    return rule.id.startswith("MON-") or rule.id in SILENT_BY_SPECIALIST


def indicator_after(case: Case, rule: Rule) -> Indicator:
    """The indicator, softened where the catalogue says so."""
    indicator = rule.indicator_for(case)
    if rule.id in SOFTENED_BY_SPECIALIST and _specialist(case):
        return "info"
    softened = rule.id in SOFTENED_BY_LIMITED_LIFE and isinstance(limited_life(case), Yes)
    return "warning" if softened and indicator == "critical" else indicator
