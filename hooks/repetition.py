"""Info cards that rest: with the record open, a card of information alone is not shown again and again.

Whether a card was shown before is remembered elsewhere; here is only decided which cards may
rest at all: never on an order hook, never one with a warning or critical entry, and never one
without a recommendation, which says what could not be checked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from msgspec.structs import replace

from hooks.arrangement import Arrangement, CardPlan
from hooks.cards import Card
from hooks.extensions import CARD_EXTENSION
from hooks.guideline.case import PATIENT_VIEW, Case

#: The day since which a card rests; None when it is to be shown.
HeldSince = Callable[[Card], date | None]


def hold_back(
    made: list[Card], arrangement: Arrangement, case: Case, held_since: HeldSince | None
) -> tuple[list[Card], Arrangement, list[dict[str, Any]]]:
    """The cards to show, their arrangement, and what is held back: card, key, since."""
    if held_since is None or case.hook != PATIENT_VIEW:
        return made, arrangement, []
    shown: list[Card] = []
    plans: list[CardPlan] = []
    resting: list[CardPlan] = []
    held: list[dict[str, Any]] = []
    for card, plan in zip(made, arrangement.cards, strict=True):
        since = held_since(card) if _may_rest(plan) else None
        if since is None:
            shown.append(card)
            plans.append(plan)
        else:
            resting.append(plan)
            key = card["extension"][CARD_EXTENSION]["key"]
            held.append({"card": plan.card, "key": key, "since": since.isoformat()})
    return shown, replace(arrangement, cards=tuple(plans), held_back=tuple(resting)), held


def _may_rest(plan: CardPlan) -> bool:
    return all(fired.indicator == "info" for fired in plan.members)
