"""The table of decision cards (0.7): priority, hooks, and where an entry goes that its card cannot carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, Case, Hook
from hooks.guideline.drafted import BONE_DRUGS, draft_glucocorticoid, draft_medications, draft_service
from hooks.guideline.firing import Fired
from hooks.guideline.logic import Yes
from hooks.guideline.rule import Rule
from hooks.guideline.treatment import on_antiosteo, post_course

#: Decision card -> its place among cards of one urgency.
PRIORITY: Mapping[str, int] = MappingProxyType(
    {
        "C-SAFETY": 1,
        "C-DENOSUMAB": 2,
        "C-FAILURE": 3,
        "C-TREATMENT": 4,
        "C-GLUCO": 5,
        "C-MONITOR": 6,
        "C-DURATION": 7,
        "C-INVESTIGATE": 8,
        "C-REFER": 9,
        "C-SUPPLEMENT": 10,
        "C-FALLS": 11,
        "C-PAIN": 12,
        "C-STATUS": 13,
    }
)
#: At most so many cards; critical ones beyond it are kept.
MOST: Mapping[Hook, int] = MappingProxyType({"patient-view": 3, "order-select": 2, "order-sign": 3, "population": 0})

#: order-select: cards with every entry, and those with critical entries alone. The rest waits for order-sign.
_WHILE_SELECTING = frozenset({"C-TREATMENT", "C-INVESTIGATE"})
_CRITICAL_WHILE_SELECTING = frozenset({"C-SAFETY", "C-DENOSUMAB"})
_NOT_WHILE_SIGNING = frozenset({"C-FAILURE", "C-STATUS"})
#: Status entries that are lines of the card with the drafted order.
_WITH_THE_DRAFT = frozenset({"DEF-SCOPE-2", "DEF-Z-1", "LIF-5"})

_INDICATIONS = frozenset({"TX-IND-1", "TX-IND-2"})
_GLUCOCORTICOID_INDICATIONS = frozenset({"GLU-TX-1", "GLU-TX-2"})
_FAILURES = frozenset({"FAIL-1", "FAIL-2", "FAIL-3", "MON-MARK-8"})
#: What goes with an indication into its card.
_WITH_INDICATION = ("PRE-", "SEC-")
#: Status entries that make no card of their own.
_NOT_ACTIONABLE = frozenset(
    {
        *("DEF-OP-1", "DEF-OP-2", "DEF-OPENIA-1", "DEF-NORM-1", "DEF-FX-2", "DEF-SEC-1"),
        *("DEF-DXAQ-1", "DEF-DXAQ-2", "DEF-DXAQ-3", "SUP-1", "SUP-2", "LIF-8", "MON-HEIGHT-1", "TX-IND-4", "INV-7"),
    }
)


def place(fired: Fired, present: Mapping[str, Fired], case: Case) -> str | None:
    """The card that carries the entry on this hook; None: it fires without a card."""
    if case.hook == ORDER_SELECT:
        return _while_selecting(fired)
    if case.hook == ORDER_SIGN:
        return _while_signing(fired.rule, present, case)
    return _on_record(fired.rule, present)


def _while_selecting(fired: Fired) -> str | None:
    card = fired.rule.card
    critical = fired.indicator == "critical" and card in _CRITICAL_WHILE_SELECTING
    return card if critical or card in _WHILE_SELECTING else None


def _while_signing(rule: Rule, present: Mapping[str, Fired], case: Case) -> str | None:
    if rule.id in _WITH_THE_DRAFT:
        return _drafts_card(present.values(), case)
    return None if rule.card in _NOT_WHILE_SIGNING else rule.card


def _drafts_card(present: Iterable[Fired], case: Case) -> str:
    """The card of what is drafted; the weight-loss drug of LIF-5 has none, then the first card there is."""
    others = sorted(
        {f.rule.card for f in present if f.rule.card not in _NOT_WHILE_SIGNING and f.rule.id not in _WITH_THE_DRAFT},
        key=lambda card: PRIORITY[card],
    )
    wanted: list[str] = []
    if draft_medications(case, BONE_DRUGS) or isinstance(draft_service(case, "zoledronate"), Yes):
        wanted += ["C-TREATMENT", "C-DENOSUMAB", "C-SAFETY"]
    if isinstance(draft_service(case, "dxa", "vfa", "spine_xray"), Yes):
        wanted += ["C-INVESTIGATE"]
    if isinstance(draft_glucocorticoid(case), Yes):
        wanted += ["C-GLUCO"]
    return next((card for card in wanted if card in others), None) or next(iter([*wanted, *others]), "C-STATUS")


def _on_record(rule: Rule, present: Mapping[str, Fired]) -> str:
    if rule.id == "SEL-2" and not _FAILURES.isdisjoint(present):
        return "C-FAILURE"
    if rule.id == "TX-IND-4" or rule.card == "C-SUPPLEMENT" or (rule.id == "INV-7" and _alone(rule, present)):
        return "C-STATUS"
    card = "C-TREATMENT" if rule.card == "C-SAFETY" else rule.card
    joins = rule.id in ("SEL-1", "SEL-2") or rule.id.startswith(_WITH_INDICATION)
    if card == "C-TREATMENT" and joins and only_glucocorticoid(present):
        return "C-GLUCO"
    return card


def only_glucocorticoid(present: Mapping[str, Fired]) -> bool:
    """Only GLU-TX-* says to treat: its card carries what belongs to an indication."""
    return not _GLUCOCORTICOID_INDICATIONS.isdisjoint(present) and _INDICATIONS.isdisjoint(present)


def _alone(rule: Rule, present: Mapping[str, Fired]) -> bool:
    """No other entry of its card."""
    return not any(f.rule.card == rule.card and f.rule.id != rule.id for f in present.values())


def absorbed_by(rule: Rule, present: Mapping[str, Fired], case: Case) -> str:
    """The entry that says the same and more; "" when none does."""
    if rule.id == "INV-1" and "TX-IND-2" in present:
        return "TX-IND-2"
    if rule.id == "SEL-1" and only_glucocorticoid(present):
        return next(iter(sorted(_GLUCOCORTICOID_INDICATIONS & present.keys())))
    if rule.id == "FALL-8" and "PAIN-2" in present:
        return "PAIN-2"
    if rule.id.startswith("INV-") and "GLU-DXA-1" in present and _suggests_dxa(rule, case):
        return "GLU-DXA-1"
    return ""


def _suggests_dxa(rule: Rule, case: Case) -> bool:
    return any(p.kind == "order" and p.what == "dxa" for p in rule.proposals_for(case))


def is_actionable(rule_id: str, case: Case) -> bool:
    """Whether a status entry makes a card of its own on patient-view."""
    if rule_id == "DEF-FX-1":
        return not (isinstance(on_antiosteo(case), Yes) or isinstance(post_course(case), Yes))
    return rule_id not in _NOT_ACTIONABLE
