"""A plain result, read from its head: one measured number with a day, as laboratories send most of them.

A shortcut beside observing.py, for time alone: what it reads is what the Observer would have
read, and whatever it does not understand at a glance is left to the Observer, which also says
what is wrong with it. A test holds the two together.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Literal

import msgspec
from msgspec import Raw

from fhir_mappings.codes import meaning
from fhir_mappings.facts import Issue, Measurement
from fhir_mappings.observed import MEASURED
from fhir_mappings.r4.clinical import ObservationReferenceRange
from fhir_mappings.r4.datatypes import CodeableConcept, Quantity
from fhir_mappings.resources import BAD_DATA, Item, ResultHead, may_be_blank
from fhir_mappings.units import Convert, conversion, implausible, unit_of
from fhir_mappings.values import normal_range, premenopausal_mean

_USED = frozenset({b'"final"', b'"amended"', b'"corrected"'})
#: A subset of FHIR's dateTime and instant; whether there is such a day is found out by reading it.
_MOMENT = re.compile(
    r'"([12]\d{3}-\d\d-\d\d)(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d))?"',
    re.ASCII,
).fullmatch
_LENGTH_OF_DAY = len('"2025-01-31"')
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}").fullmatch
#: Alcohol per day counts as another concept.
_PLAIN = MEASURED - {"alcohol_units_day"}
#: What a plain result does not have.
_more = attrgetter(
    *("focus", "effective_period", "value_codeable_concept", "value_string", "value_boolean", "data_absent_reason"),
    *("body_site", "method", "device", "has_member", "component"),
)
_NOTHING_MORE = _more(ResultHead())


class _Amount(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A Quantity as it is mostly sent; its texts are checked once per unit."""

    value: float
    unit: str | None = None
    system: str | None = None
    code: str | None = None
    comparator: Literal["<", "<=", ">=", ">"] | None = None


_amount = msgspec.json.Decoder(_Amount).decode
_concept = msgspec.json.Decoder(CodeableConcept).decode
_quantity = msgspec.json.Decoder(Quantity).decode
_ranges = msgspec.json.Decoder(tuple[ObservationReferenceRange, ...]).decode


def plain_result(item: Item, concept: str, as_of: date) -> Measurement | Literal["later"] | None:
    """The measurement an Observation of `concept` (plain_concept) is; None when it takes more to read it.

    "later": of a day after `as_of`. Whose it is, is not looked at.
    """
    head = item.head
    if not isinstance(head, ResultHead) or _more(head) != _NOTHING_MORE or bytes(head.status) not in _USED:
        return None
    try:
        moment, amount = _MOMENT(str(head.effective_date_time, "ascii")), _amount(head.value_quantity)
        issued = _issued(head.issued) if head.issued else ""
        if moment is None or issued is None or head.id is None or not _ID(head.id) or may_be_blank(bytes(item.raw)):
            return None
        day = date.fromisoformat(moment[1])
        if day > as_of:
            return "later"
        convert = _conversion(concept, amount.unit, amount.system, amount.code)
        value = convert(amount.value) if convert is not None else None
        if value is None or implausible(concept, value):
            return None
        limits = _limits(head.reference_range, concept, amount) if head.reference_range else (None, None, None)
    except BAD_DATA:
        return None
    if limits is None:
        return None
    return Measurement(concept, value, day, item.reference, amount.comparator or "", *limits, issued=issued)


def _issued(written: Raw) -> str | None:
    """An instant as it is written, None when it is not one at a glance."""
    text = str(written, "ascii")
    moment = _MOMENT(text)
    if moment is None or len(text) <= _LENGTH_OF_DAY:
        return None
    date.fromisoformat(moment[1])
    return text[1:-1]


@lru_cache(maxsize=1024)
def _conversion(concept: str, unit: str | None, system: str | None, code: str | None) -> Convert | None:
    """Into the concept's unit; None when the unit is unknown, or no unit by FHIR's rules."""
    told = {name: text for name, text in (("unit", unit), ("system", system), ("code", code)) if text is not None}
    try:
        return conversion(concept, unit_of(_quantity(msgspec.json.encode(told))))
    except BAD_DATA:
        return None


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
    try:
        _concept(code)
    except BAD_DATA:
        return ""
    return next(iter(concepts))
