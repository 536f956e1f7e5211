"""What a recommendation is, and the marks that register one.

A rule is a pure function of the case; what the catalogue says about it stands right above:
id, title, section, strength, card, indicator, hooks, suggestions, suppression. An explanation
is shown with other recommendations and has at most a condition of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hooks.guideline.case import Case, Hook
from hooks.guideline.logic import YES, Answer
from hooks.guideline.proposal import Proposal

Indicator = Literal["info", "warning", "critical"]
Suppression = Literal["standard", "deceased", "override", "none"]
Logic = Callable[[Case], Answer]
IndicatorOf = Callable[[Case], Indicator]
ProposalsOf = Callable[[Case], Sequence[Proposal]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One recommendation of the catalogue.

    `suppression`: standard (0.6), deceased (only by death or age), override (only by an
    override), none. `settled_by`: an order of these that is pending, or drafted, silences it.
    `unless`: what else silences it. `shown_with`: the entries an explanation goes with.
    """

    id: str
    title: str
    section: str
    strength: str
    card: str
    hooks: frozenset[Hook]
    logic: Logic
    indicator: Indicator | IndicatorOf = "info"
    suppression: Suppression = "standard"
    settled_by: frozenset[str] = frozenset()
    unless: Logic | None = None
    proposals: tuple[Proposal, ...] | ProposalsOf = ()
    shown_with: tuple[str, ...] = ()

    @property
    def is_explanation(self) -> bool:
        """Whether it is text inside another card, never advice of its own."""
        return bool(self.shown_with)

    def indicator_for(self, case: Case) -> Indicator:
        """How urgent it is in this case."""
        return self.indicator if isinstance(self.indicator, str) else self.indicator(case)

    def proposals_for(self, case: Case) -> Sequence[Proposal]:
        """What it offers in this case."""
        return self.proposals if isinstance(self.proposals, tuple) else self.proposals(case)


class Group:
    """The recommendations of one part of the catalogue, in its order."""

    def __init__(self, part: int, title: str) -> None:
        self.part = part
        self.title = title
        self.rules: list[Rule] = []

    def rule(
        self,
        id: str,
        title: str,
        *,
        section: str,
        strength: str,
        card: str,
        hooks: Iterable[Hook],
        indicator: Indicator | IndicatorOf = "info",
        suppression: Suppression = "standard",
        settled_by: Iterable[str] = (),
        unless: Logic | None = None,
        proposals: tuple[Proposal, ...] | ProposalsOf = (),
    ) -> Callable[[Logic], Logic]:
        """Register the function below as the logic of a recommendation."""

        def register(logic: Logic) -> Logic:
            self.rules.append(
                Rule(
                    id=id,
                    title=title,
                    section=section,
                    strength=strength,
                    card=card,
                    hooks=frozenset(hooks),
                    logic=logic,
                    indicator=indicator,
                    suppression=suppression,
                    settled_by=frozenset(settled_by),
                    unless=unless,
                    proposals=proposals,
                )
            )
            return logic

        return register

    def explanation(
        self,
        id: str,
        title: str,
        *,
        section: str,
        strength: str,
        card: str,
        shown_with: Iterable[str],
        when: Logic | None = None,
        proposals: tuple[Proposal, ...] = (),
    ) -> None:
        """Register a text that goes with other recommendations, `when` its own condition is true."""
        self.rules.append(
            Rule(
                id=id,
                title=title,
                section=section,
                strength=strength,
                card=card,
                hooks=frozenset(("patient-view", "order-select", "order-sign", "population")),
                logic=when or always,
                shown_with=tuple(shown_with),
                proposals=proposals,
            )
        )


def always(_case: Case) -> Answer:
    """What a text without a condition of its own answers."""
    return YES
