"""Yes, no and unknown, and how they combine.

A missing fact never passes as no: `bool(Unknown(...))` raises. Answers combine so that
a missing fact shows only where it could change the result (Kleene's strong logic).
Each yes carries the facts it rests on, each unknown the names of the facts it lacks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

from fhir_mappings.facts import Fact

T = TypeVar("T")

#: Measured values compare with this tolerance, so that a converted unit does not miss a limit.
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Yes:
    """True, with the facts that make it so."""

    evidence: tuple[Fact, ...] = ()

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class No:
    """False. Evidence is kept where a value decided it, for the explanation of why not."""

    evidence: tuple[Fact, ...] = ()

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Cannot be told. `needs` names the facts that would decide, in the vocabulary of 0.9."""

    needs: tuple[str, ...]

    def __bool__(self) -> NoReturn:
        raise TypeError(f"unknown is neither yes nor no; it needs {', '.join(self.needs)}")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A value with the facts it was taken from."""

    value: T
    evidence: tuple[Fact, ...] = ()


Answer = Yes | No | Unknown
Value = Known[T] | Unknown

YES = Yes()
NO = No()


def needed(answers: Iterable[Answer]) -> tuple[str, ...]:
    """The names of all facts that the unknown answers lack, each once."""
    unknown = [answer.needs for answer in answers if isinstance(answer, Unknown)]
    if len(unknown) == 1:
        return unknown[0]
    return tuple({name: None for needs in unknown for name in needs})


def evident(answers: Iterable[Answer]) -> tuple[Fact, ...]:
    """The facts of all answers that are yes, in order, each once (the same fact is the same object)."""
    found = {id(fact): fact for answer in answers if isinstance(answer, Yes) for fact in answer.evidence}
    return tuple(found.values())


def all_of(*answers: Answer) -> Answer:
    """No if any is no; else unknown if any is unknown; else yes on the evidence of all."""
    unknown = False
    grounds: Yes | None = None
    several_grounds = False
    for answer in answers:
        if answer is YES:
            continue
        if isinstance(answer, No):
            return answer
        if isinstance(answer, Unknown):
            unknown = True
        elif answer.evidence:
            several_grounds = grounds is not None
            grounds = grounds or answer
    if unknown:
        return Unknown(needed(answers))
    if several_grounds:
        return Yes(evident(answers))
    return grounds or YES


def any_of(*answers: Answer) -> Answer:
    """Yes if any is yes, on the evidence of all that are; else unknown if any is; else no."""
    found: Yes | None = None
    several_found = unknown = False
    for answer in answers:
        if answer is NO or isinstance(answer, No):  # most are
            continue
        if isinstance(answer, Unknown):
            unknown = True
        elif found is None:
            found = answer
        else:
            several_found = True
    if found is not None:
        return Yes(evident(answers)) if several_found else found
    return Unknown(needed(answers)) if unknown else NO


def several(answers: Iterable[Answer], count: int) -> Answer:
    """At least `count` are yes; unknown if the unknown ones could make up for what lacks."""
    found: list[Yes] = []
    open_: list[Unknown] = []
    for answer in answers:
        if isinstance(answer, Yes):
            found.append(answer)
        elif isinstance(answer, Unknown):
            open_.append(answer)
    if len(found) >= count:
        return Yes(evident(found))
    if len(found) + len(open_) >= count:
        return Unknown(needed(open_))
    return NO


def no(answer: Answer) -> Answer:
    """The opposite; unknown stays unknown. A no that becomes yes brings no evidence of its own."""
    if isinstance(answer, Unknown):
        return answer
    if isinstance(answer, No):
        return YES
    return No(answer.evidence) if answer.evidence else NO


def yes_if(condition: bool, *evidence: Fact) -> Answer:
    """A plain truth value as an answer."""
    if condition:
        return Yes(evidence) if evidence else YES
    return No(evidence) if evidence else NO


def exists(facts: Iterable[Fact], *, otherwise: Answer = NO) -> Answer:
    """Yes on the given facts if there are any, else `otherwise` (unknown when the source is)."""
    found = tuple(facts)
    return Yes(found) if found else otherwise


def at_most(value: Value[float], limit: float) -> Answer:
    """value <= limit."""
    if isinstance(value, Unknown):
        return value
    return (Yes if value.value <= limit + TOLERANCE else No)(value.evidence)


def below(value: Value[float], limit: float) -> Answer:
    """value < limit."""
    if isinstance(value, Unknown):
        return value
    return (Yes if value.value < limit - TOLERANCE else No)(value.evidence)


def at_least(value: Value[float], limit: float) -> Answer:
    """value >= limit."""
    if isinstance(value, Unknown):
        return value
    return (Yes if value.value >= limit - TOLERANCE else No)(value.evidence)


def above(value: Value[float], limit: float) -> Answer:
    """value > limit."""
    if isinstance(value, Unknown):
        return value
    return (Yes if value.value > limit + TOLERANCE else No)(value.evidence)


def equals(value: Value[float], limit: float) -> Answer:
    """value = limit, within the tolerance."""
    if isinstance(value, Unknown):
        return value
    return (Yes if abs(value.value - limit) <= TOLERANCE else No)(value.evidence)
