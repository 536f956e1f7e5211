"""Which card carries which recommendation (0.7): one card per decision, merged, ordered, capped.

Works on what fired and the case alone, without a word of text. An entry leads its card, is a
line of it, is absorbed by another entry (only its title is named), or is background.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct

from hooks.guideline.case import ORDER_SELECT, PATIENT_VIEW, Case
from hooks.guideline.firing import Fired
from hooks.guideline.rule import Indicator
from hooks.placement import MOST, PRIORITY, absorbed_by, is_actionable, place

URGENCY: Mapping[Indicator, int] = {"critical": 0, "warning": 1, "info": 2}
#: Entries that lead their card before others of the same urgency: what the decision is about.
_LEADS = ("TX-IND-1", "TX-IND-2")


class CardPlan(Struct, eq=False):
    """One card: its entries, the leading one first; what they absorbed; the background texts."""

    card: str
    entries: list[Fired]
    absorbed: list[Fired] = []
    background: list[Fired] = []

    @property
    def leading(self) -> Fired:
        """The entry whose summary is the card's."""
        return self.entries[0]

    @property
    def indicator(self) -> Indicator:
        """The highest of its members."""
        return self.leading.indicator

    @property
    def members(self) -> list[Fired]:
        """Everything in the card."""
        return [*self.entries, *self.absorbed, *self.background]

    @property
    def hosts(self) -> set[str]:
        """The recommendations whose explanations belong here; not those on investigating, once that is absorbed."""
        taken = [f for f in self.absorbed if not f.rule.id.startswith("INV-")]
        return {fired.rule.id for fired in [*self.entries, *taken, *self.background]}


#: A card that takes explanations in, and the recommendations whose explanations belong there.
Host = tuple[CardPlan, set[str]]


class Arrangement(Struct, frozen=True):
    """The cards to send, in order; those collapsed into the link line of the last one; those that rest."""

    cards: tuple[CardPlan, ...]
    collapsed: tuple[CardPlan, ...]
    held_back: tuple[CardPlan, ...] = ()


def arrange(fired: Sequence[Fired], case: Case, reserve: bool = False) -> Arrangement:
    """The cards of one answer. `reserve`: one place is needed for a card that is made elsewhere."""
    explanations = [each for each in fired if each.rule.shown_with]
    present = {each.rule.id: each for each in fired if not each.rule.shown_with}
    absorbers = {id_: absorbed_by(each.rule, present, case) for id_, each in present.items()}
    standing = {id_: each for id_, each in present.items() if not absorbers[id_]}
    plans: dict[str, CardPlan] = {}
    for each in standing.values():
        card = place(each, standing, case)
        if card is not None:
            plans.setdefault(card, CardPlan(card, [])).entries.append(each)
    for plan in plans.values():
        leads = {entry.rule.id for entry in plan.entries}
        plan.absorbed = [present[id_] for id_, absorber in absorbers.items() if absorber in leads]
        plan.entries.sort(key=partial(_leading_first, plan.card, case))
    shown, collapsed = _chosen(list(plans.values()), case, reserve)
    _attach(explanations, shown, case)
    return Arrangement(tuple(shown), tuple(collapsed))


def _leading_first(card: str, case: Case, each: Fired) -> tuple[int, bool]:
    leads = is_actionable(each.rule.id, case) if card == "C-STATUS" else each.rule.id in _LEADS
    return URGENCY[each.indicator], not leads


def _order(plan: CardPlan) -> tuple[int, int]:
    return URGENCY[plan.indicator], PRIORITY[plan.card]


def _chosen(plans: list[CardPlan], case: Case, reserve: bool) -> tuple[list[CardPlan], list[CardPlan]]:
    """What is sent and what is collapsed: the non-actionable status, info beside critical, beyond the cap."""
    collapsed = [
        p for p in plans if p.card == "C-STATUS" and case.hook == PATIENT_VIEW and not _any_actionable(p, case)
    ]
    rest = sorted((p for p in plans if p not in collapsed), key=_order)
    if any(p.indicator == "critical" for p in rest):
        collapsed += [p for p in rest if p.indicator == "info"]
        rest = [p for p in rest if p.indicator != "info"]
    most = max(MOST[case.hook], sum(p.indicator == "critical" for p in rest))
    if reserve and len(rest) >= most and rest[most - 1].indicator == "info":
        most -= 1
    return rest[:most], [*rest[most:], *collapsed]


def _any_actionable(plan: CardPlan, case: Case) -> bool:
    return any(is_actionable(fired.rule.id, case) for fired in plan.entries)


def _attach(explanations: Sequence[Fired], shown: Sequence[CardPlan], case: Case) -> None:
    """Each explanation into one card that is sent: its own if a parent is in it, else the first with a parent.

    What is placed is a parent in its turn, from the next round on.
    """
    hosts = [(p, p.hosts) for p in shown if not (case.hook == ORDER_SELECT and p.card == "C-TREATMENT")]
    supplements = "C-STATUS" if case.hook == PATIENT_VIEW else "C-SUPPLEMENT"
    waiting = explanations
    while waiting:
        placed: list[tuple[Fired, Host]] = []
        left: list[Fired] = []
        for each in waiting:
            rule = each.rule
            card = rule.card
            host = _host(rule.shown_with, supplements if card == "C-SUPPLEMENT" else card, hosts)
            if host is None:
                left.append(each)
            else:
                placed.append((each, host))
        if not placed:
            return
        for each, (plan, ids) in placed:
            plan.background.append(each)
            ids.add(each.rule.id)
        waiting = left


def _host(parents: tuple[str, ...], own: str, hosts: Sequence[Host]) -> Host | None:
    """The card with a parent: the one named `own` if it has one, else the first; None when none has."""
    first: Host | None = None
    for host in hosts:
        plan, ids = host
        if not ids.isdisjoint(parents):
            if plan.card == own:
                return host
            first = first or host
    return first
