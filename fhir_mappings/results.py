"""A plain result, read from its head: one measured number with a day, as laboratories send most of them.

A shortcut beside observing.py, for time alone: what it reads is what the Observer would have
read, and whatever it does not understand at a glance is left to the Observer, which also says
what is wrong with it. A test holds the two together.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Literal

import msgspec
from msgspec import Raw

from fhir_mappings.codes import meaning
from fhir_mappings.facts import Issue, Measurement
from fhir_mappings.heads import ResultHead
from fhir_mappings.observed import DENSITY, MEASURED
from fhir_mappings.plain import check_plain, day_of_result, is_concept
from fhir_mappings.r4.clinical import ObservationReferenceRange
from fhir_mappings.r4.datatypes import Quantity
from fhir_mappings.resources import BAD_DATA, Item
from fhir_mappings.units import PLAUSIBLE, Convert, conversion, unit_of
from fhir_mappings.values import normal_range, premenopausal_mean

_USED = frozenset({"final", "amended", "corrected"})
#: Alcohol per day counts as another concept.
_PLAIN = (MEASURED | DENSITY.keys()) - {"alcohol_units_day"}
#: What a plain result does not have.
_more = attrgetter(
    *("focus", "effective_period", "value_codeable_concept", "value_string", "value_boolean", "data_absent_reason"),
    *("body_site", "method", "device", "has_member", "component"),
)
_NOTHING_MORE = _more(ResultHead())
_NO_LIMITS = (None, None, None)


class _Amount(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A Quantity as it is mostly sent; its texts are checked once per unit."""

    value: float
    unit: str | None = None
    system: str | None = None
    code: str | None = None
    comparator: Literal["<", "<=", ">=", ">"] | None = None


_amount = msgspec.json.Decoder(_Amount).decode
_quantity = msgspec.json.Decoder(Quantity).decode
_ranges = msgspec.json.Decoder(tuple[ObservationReferenceRange, ...]).decode


def plain_result(item: Item, concept: str, as_of: date) -> Measurement | Literal["later"] | None:
    """The measurement an Observation of `concept` (plain_concept) is; None when it takes more to read it.

    "later": of a day after `as_of`. Whose it is, is not looked at.
    """
    head = item.head
    if not isinstance(head, ResultHead) or head.state not in _USED or _more(head) != _NOTHING_MORE:
        return None
    issued = head.issued or ""
    measure, site = DENSITY.get(concept) or (concept, None)
    try:
        day = day_of_result(head.effective_date_time, issued)
        amount = _amount(head.value_quantity)
        check_plain(item)
        if day > as_of:
            return "later"
        scale = _scale(measure, amount.unit, amount.system, amount.code)
        if scale is None:
            return None
        convert, lowest, highest = scale
        value = convert(amount.value)
        if not lowest <= value <= highest:
            return None
        limits = _limits(head.reference_range, measure, amount) if head.reference_range else _NO_LIMITS
    except BAD_DATA:
        return None
    if limits is None:
        return None
    low, high, mean = limits
    name = f"Observation/{head.id}"
    return Measurement(measure, value, day, name, amount.comparator or "", low, high, mean, site, None, issued)


@lru_cache(maxsize=1024)
def _scale(concept: str, unit: str | None, system: str | None, code: str | None) -> tuple[Convert, float, float] | None:
    """Into the concept's unit, and the least and the most that is possible there.

    None when the unit is unknown, or no unit by FHIR's rules.
    """
    told = {name: text for name, text in (("unit", unit), ("system", system), ("code", code)) if text is not None}
    try:
        convert = conversion(concept, unit_of(_quantity(msgspec.json.encode(told))))
    except BAD_DATA:
        return None
    possible = PLAUSIBLE[concept]
    return None if convert is None else (convert, possible.low, possible.high)


def _limits(written: Raw, concept: str, amount: _Amount) -> tuple[float | None, float | None, float | None] | None:
    """Low and high of the reference range, and the premenopausal mean; None when something is wrong with them."""
    problems: list[Issue] = []
    ranges, value = _ranges(written), Quantity(unit=amount.unit, system=amount.system, code=amount.code)
    low, high = normal_range(ranges, concept, value, "", problems)
    mean = premenopausal_mean(ranges, concept, value, "", problems)
    return None if problems else (low, high, mean)


@lru_cache(maxsize=2048)
def plain_concept(code: bytes) -> str:
    """The one measured concept that a CodeableConcept names; empty when it names none, or anything beside it."""
    about = meaning(code)
    if about is None or "family" in about.concepts:
        return ""
    concepts = about.concepts.get("observation", frozenset())
    if len(concepts) != 1 or concepts.isdisjoint(_PLAIN):
        return ""
    return next(iter(concepts)) if is_concept(code) else ""
