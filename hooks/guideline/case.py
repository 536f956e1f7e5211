"""One patient, one hook, one day: what every predicate and rule is asked about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from fhir_mappings.facts import PatientFacts, SourceState
from hooks.guideline.defaults import Defaults
from hooks.guideline.logic import NO, YES, Answer, Unknown

if TYPE_CHECKING:
    from hooks.guideline.firing import Register

Hook = Literal["patient-view", "order-select", "order-sign", "population"]

PATIENT_VIEW: Hook = "patient-view"
ORDER_SELECT: Hook = "order-select"
ORDER_SIGN: Hook = "order-sign"
POPULATION: Hook = "population"

T = TypeVar("T")
_DEFAULTS = Defaults()


class Case:
    """The facts, the hook that fired, the content's defaults, and what was already worked out.

    Predicates and rules are pure functions of a case; `memo` and `answers` (of the rules by id)
    only spare working out twice. `passed_over`: rules of the hook (bits) that something plainly rules out.
    `rules`: the register, for the entries that ask whether another one fires; without it none does.
    """

    __slots__ = ("answers", "defaults", "facts", "hook", "memo", "passed_over", "rules", "today")

    def __init__(
        self,
        facts: PatientFacts,
        hook: Hook,
        defaults: Defaults | None = None,
        rules: Register | None = None,
    ) -> None:
        self.facts = facts
        self.rules = rules
        self.hook: Hook = hook
        self.defaults = defaults or _DEFAULTS
        self.today: date = facts.as_of
        self.memo: dict[Any, Any] = {}
        self.answers: dict[str, Answer] = {}
        self.passed_over = 0


#: The attribute of a predicate that takes a quicker way of working out the same.
ASK = "ask"


def predicate(function: Callable[[Case], T]) -> Callable[[Case], T]:
    """Mark a function of the case as a named predicate; it is worked out once per case."""

    asked = function

    @wraps(function)
    def remembered(case: Case) -> T:
        memo = case.memo
        answer: Any = memo.get(function)
        if answer is None and function not in memo:
            answer = memo[function] = asked(case)
        return answer  # type: ignore[no-any-return]

    def ask(same: Callable[[Case], T]) -> None:
        nonlocal asked
        asked = same

    setattr(remembered, ASK, ask)
    return remembered


#: The prefetch keys a kind of fact comes from; without them its absence means nothing.
CONDITIONS = ("conditions",)
OBSERVATIONS = ("observations",)
SCREENING = ("observations", "screening")
MEDICATIONS = ("medicationRequests", "medicationStatements")
#: Dispensings only add to what administrations say; a system without them is common and complete.
INJECTIONS = ("medicationAdministrations",)
DISPENSINGS = ("medicationDispenses",)
ORDERS = ("serviceRequests",)
BOOKINGS = ("appointments",)
FAMILY = ("familyHistory",)


def absent(case: Case, *keys: str) -> Answer:
    """What the absence of a record in these prefetch keys means: no, or unknown if one is incomplete."""
    answer: Answer | None = case.memo.get(keys)
    if answer is None:
        missing = tuple([key for key in keys if case.facts.state(key) is not SourceState.COMPLETE])
        answer = case.memo[keys] = Unknown(missing) if missing else NO
    return answer


def recorded(case: Case, answer: Answer, *keys: str) -> Answer:
    """`answer` as far as the record says: a value never measured is no, unless these keys were not delivered."""
    return absent(case, *keys) if isinstance(answer, Unknown) else answer


def at_patient_view(case: Case) -> Answer:
    """The record was opened (patient-view)."""
    return YES if case.hook == PATIENT_VIEW else NO


def on_order_hook(case: Case) -> bool:
    """Whether drafts are looked at (order-select, order-sign)."""
    return case.hook in (ORDER_SELECT, ORDER_SIGN)


def on_record_hook(case: Case) -> bool:
    """Whether the record is looked at (patient-view, the population run)."""
    return case.hook in (PATIENT_VIEW, POPULATION)
