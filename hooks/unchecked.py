"""C-UNCHECKED: what could not be looked at, so that silence never hides a failure.

On an order hook when a check of the drafted order lacks data that was not delivered or could
not be read; on patient-view when otherwise nothing would be shown; always when a rule broke.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fhir_mappings.facts import Issue, SourceState
from hooks.cards import Card, Sender, envelope
from hooks.evidence import named
from hooks.guideline.case import OBSERVATIONS, POPULATION, SCREENING, Case, on_order_hook
from hooks.guideline.drafted import BONE_DRUGS, GLUCOCORTICOIDS, SUPPLEMENTS
from hooks.guideline.firing import Outcome
from hooks.guideline.laboratory import PANEL
from hooks.guideline.rule import Rule
from hooks.guideline.suppression import UNKNOWN_PATIENT, no_cards_at_all
from hooks.texts import Texts, escape_markdown

UNCHECKED = "C-UNCHECKED"
#: Entries that keep a drafted order safe.
_SAFETY_CARDS = frozenset({"C-SAFETY", "C-DENOSUMAB", "C-GLUCO"})
_SAFETY_PREFIXES = ("PRE-", "GLU-")
#: Readings that left out nothing about this patient.
_NOT_OURS = ("another patient", "unknown prefetch key")
#: Resources no safety check rests on.
_NOT_FOR_SAFETY = ("Appointment", "appointments", "Encounter", "encounters", "FamilyMemberHistory", "familyHistory")
_AT_MOST = 6


class Gap(Struct, frozen=True):
    """What was missing: sources (prefetch keys), the checks that need them, unreadable data, broken rules."""

    sources: tuple[str, ...] = ()
    checks: tuple[Rule, ...] = ()
    issues: tuple[Issue, ...] = ()
    broken: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sources or self.issues or self.broken)


def gap(case: Case, outcome: Outcome) -> Gap:
    """What could not be checked."""
    if no_cards_at_all(case):
        return _unknown_patient(case)
    open_checks = [(rule, _missing(case, unknown.needs)) for rule, unknown in outcome.unknown]
    if on_order_hook(case):
        open_checks = [(rule, keys) for rule, keys in open_checks if _keeps_safe(rule)]
    checks = tuple(rule for rule, keys in open_checks if keys)
    sources = tuple(dict.fromkeys(key for _, keys in open_checks for key in keys))
    return Gap(sources, checks, tuple(_relevant_issues(case, outcome)), outcome.broken)


def _unknown_patient(case: Case) -> Gap:
    """An order nobody can be advised on: the patient's age or sex could not be read, so no check was made."""
    if no_cards_at_all(case) != UNKNOWN_PATIENT or not (on_order_hook(case) and _concerns_us(case)):
        return Gap()
    patient = f"Patient/{case.facts.patient_id}"
    found = [issue for issue in case.facts.issues if issue.reference.startswith("Patient")]
    return Gap(issues=tuple(found) or (Issue(patient, "birth date or sex not recorded"),))


def _keeps_safe(rule: Rule) -> bool:
    return rule.card in _SAFETY_CARDS or rule.id.startswith(_SAFETY_PREFIXES)


def _missing(case: Case, needs: Iterable[str]) -> tuple[str, ...]:
    """The sources not whole that the needed facts come from; none when the fact is simply not recorded."""
    keys: list[str] = []
    for need in needs:
        if need in case.facts.measurements or need in _MEASURED:
            keys += SCREENING if need in PANEL else OBSERVATIONS
        else:
            keys.append(need)
    return tuple(key for key in dict.fromkeys(keys) if key in case.facts.sources and not _whole(case, key))


#: Needs that are measured values.
_MEASURED = PANEL | {"egfr", "calcium", "vitamin_d", "t_score", "t_score_hip", "z_score", "bmd", "p1np", "ctx"}


def _whole(case: Case, key: str) -> bool:
    return case.facts.state(key) is SourceState.COMPLETE


def _relevant_issues(case: Case, outcome: Outcome) -> list[Issue]:
    """Data of this patient that was left out and may matter.

    On an order hook a draft that could not be read, and clinical data beside an order the
    guideline is about; with the record open anything, if some entry is left unknown.
    """
    issues = [issue for issue in case.facts.issues if not issue.problem.endswith(_NOT_OURS[0])]
    issues = [issue for issue in issues if not issue.problem.startswith(_NOT_OURS[1])]
    if not on_order_hook(case):
        return issues if outcome.unknown else []
    drafted, beside = frozenset(case.facts.drafts.left_out), _concerns_us(case)
    return [i for i in issues if i.reference in drafted or (beside and not i.reference.startswith(_NOT_FOR_SAFETY))]


def _concerns_us(case: Case) -> bool:
    drafts = case.facts.drafts
    drugs = BONE_DRUGS | GLUCOCORTICOIDS | SUPPLEMENTS
    drafted = any(d.drugs & drugs or d.course.systemic for d in drafts.medications)
    infusion = any("zoledronate" in d.concepts for d in drafts.services)
    return drafted or infusion or bool(drafts.stops or drafts.referrals)


def wanted(found: Gap, case: Case, anything_shown: bool) -> bool:
    """Whether the gap is worth a card of its own."""
    if case.hook == POPULATION:
        return False
    if found.broken:
        return True
    return bool(found) and (on_order_hook(case) or not anything_shown)


def unchecked_card(found: Gap, sender: Sender) -> Card:
    """The card that names in plain words what was missing and which checks were not made."""
    words = sender.words
    say, text = words.say, words.words
    lines = []
    if found.sources:
        lines.append(f"{text['unchecked.sources']} {say.list(_source_text(key, sender) for key in found.sources)}.")
    if found.checks:
        lines.append(f"{text['unchecked.checks']} {_titles([(r.id, r.title) for r in found.checks], words)}.")
    shown = found.issues[:_AT_MOST]
    lines += [f"{escape_markdown(issue.reference)}: {escape_markdown(issue.problem)}" for issue in shown]
    if len(found.issues) > len(shown):
        lines.append(text["unchecked.more_issues"].format(n=len(found.issues) - len(shown)))
    if found.broken:
        titles = _titles([(id_, id_) for id_ in found.broken], words)
        lines.append(f"{text['unchecked.broken']} {titles}.")
    bullets = "\n".join(f"- {line}" for line in lines)
    return envelope(
        sender,
        UNCHECKED,
        text["unchecked.summary_order" if on_order_hook(sender.case) else "unchecked.summary"],
        f"{text['unchecked.detail']}\n\n{bullets}",
        "info",
        (),
        next(iter(found.checks), None),
    )


def _titles(rules: list[tuple[str, str]], words: Texts) -> str:
    titles = [words.title(id_, title) for id_, title in rules[:_AT_MOST]]
    more = len(rules) - len(titles)
    return words.say.list([*titles, words.words["unchecked.others"].format(n=more)] if more else titles)


def _source_text(key: str, sender: Sender) -> str:
    name = named(sender.words.say, key, "source")
    if sender.case.facts.state(key) is SourceState.PARTIAL:
        return f"{name} ({sender.words.words['unchecked.partial']})"
    return name


def not_received_line(found: Gap, sender: Sender) -> str:
    """One line for the last card of an answer that has others: what was not received, or left out."""
    text = sender.words.words
    lines = []
    if found.sources:
        names = sender.words.say.list(_source_text(key, sender) for key in found.sources)
        lines.append(f"{text['unchecked.sources']} {names}.")
    if found.issues:
        named_ = sender.words.say.list(escape_markdown(issue.reference) for issue in found.issues[:_AT_MOST])
        more = len(found.issues) - _AT_MOST
        others = f" {text['unchecked.more_issues'].format(n=more)}" if more > 0 else ""
        lines.append(f"{text['unchecked.left_out']} {named_}.{others}")
    return " ".join(lines)
