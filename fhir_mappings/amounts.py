"""How much of a drug: amounts in mg, mL or pieces, and the strength that turns them into mg.

Sections 6 of facts-to-fhir ("How much"). A unit or strength that is not understood is None,
never zero.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Literal

import msgspec

from fhir_mappings.r4.datatypes import Quantity, Range, Ratio

Kind = Literal["mg", "mL", "piece"]

#: Units of mass in mg, as UCUM codes and as they are written in Danish and English.
_MASS = {
    **dict.fromkeys(("mg", "milligram", "milligrams"), 1.0),
    **dict.fromkeys(("g", "gram", "grams"), 1000.0),
    **dict.fromkeys(("ug", "µg", "μg", "mcg", "microgram", "micrograms", "mikrogram"), 0.001),
}
_VOLUME = {**dict.fromkeys(("ml", "milliliter", "millilitre"), 1.0), **dict.fromkeys(("l", "liter", "litre"), 1000.0)}
#: What counts as one piece: FHIR's own form codes, UCUM annotations, Danish and English words.
_PIECE = re.compile(
    r"\{?(?:1|tab|tabl|tbl|tablet|tablets|tabletter|tablet\(ter\)|tablet\(s\)"
    r"|cap|caps|capsule|capsules|capsule\(s\)|kapsel|kapsler|kapsel\(kapsler\)|kapsel\(er\)"
    r"|disintab|ectab|entab|ertab|pill|pills|pille|piller|stk|styk|piece|pieces|pcs)\.?\}?"
)
#: Longer than anything prescribed; beyond it a number is a mistake.
_LARGEST = 1e6

_NUMBER = r"\d+(?:[.,]\d+)?"
_STRENGTH = re.compile(
    rf"(?<![\d.,/])({_NUMBER})\s*(?:mg|milligram)(?![a-zæøå0-9])"
    rf"(?:\s*/\s*({_NUMBER})?\s*([a-zæøåµμ]+))?"
)
#: "mg per" one of these is no strength of a piece. (mg/mL is a concentration, anything else a second drug.)
_NO_PIECE = frozenset(
    {*("g", "gram", "kg", "cm", "dosis", "dose", "doser", "doses", "pust", "puff", "spray", "actuation", "inhalation")}
    | {*("t", "time", "timer", "h", "hr", "hour", "hours", "døgn", "dag", "day")}
)
_VOLUME_FIRST = re.compile(rf"({_NUMBER})\s*ml\s")
#: "1.250 mg" is 1250 in Danish and 1.25 in English: not understood.
_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


class Amount(msgspec.Struct, frozen=True, gc=False):
    """An amount of a product: mg of the drug, mL, or pieces (tablets, capsules)."""

    value: float
    kind: Kind

    def times(self, factor: float) -> Amount:
        return Amount(self.value * factor, self.kind)


class Strength(msgspec.Struct, frozen=True, gc=False):
    """mg of the drug in a piece and in a mL. None: not known."""

    mg_per_piece: float | None = None
    mg_per_ml: float | None = None

    def mg(self, amount: Amount | None) -> float | None:
        """The amount in mg, None when the strength for its kind is not known."""
        if amount is None:
            return None
        factor = {"mg": 1.0, "mL": self.mg_per_ml, "piece": self.mg_per_piece}[amount.kind]
        return None if factor is None else amount.value * factor

    def ratio(self, amount: Amount | None, other: Amount | None) -> float | None:
        """How many times `other` goes into `amount`; None when they cannot be compared."""
        if amount is None or other is None:
            return None
        if amount.kind == other.kind:
            top, bottom = amount.value, other.value
        else:
            in_mg, other_mg = self.mg(amount), self.mg(other)
            if in_mg is None or other_mg is None:
                return None
            top, bottom = in_mg, other_mg
        return top / bottom if bottom > 0 else None


NO_STRENGTH = Strength()


def amount_of(quantity: Quantity | None) -> Amount | None:
    """An amount as sent: mg, g, ug; mL; tablets, capsules, pieces or no unit at all.

    None without a value, with a comparator, a negative value or a unit that is none of these.
    """
    if quantity is None or quantity.value is None or quantity.comparator is not None:
        return None
    value = quantity.value
    if not isfinite(value) or not 0 <= value <= _LARGEST:
        return None
    if quantity.code is None and quantity.unit is None:
        return Amount(value, "piece")
    for unit in (quantity.code, quantity.unit):
        known = _in_unit(value, unit)
        if known is not None:
            return known
    return None


def _in_unit(value: float, unit: str | None) -> Amount | None:
    name = (unit or "").strip().lower()
    if name in _MASS:
        return Amount(value * _MASS[name], "mg")
    if name in _VOLUME:
        return Amount(value * _VOLUME[name], "mL")
    return Amount(value, "piece") if _PIECE.fullmatch(name) else None


def high_end(span: Range | None) -> Amount | None:
    """The high end of a range, None when it is open."""
    return amount_of(span.high) if span is not None else None


def strength_of(ratio: Ratio | None) -> Strength:
    """The strength of an ingredient: mg per piece or per mL."""
    if ratio is None:
        return NO_STRENGTH
    numerator, denominator = amount_of(ratio.numerator), amount_of(ratio.denominator)
    if ratio.denominator is None:
        denominator = Amount(1.0, "piece")
    if numerator is None or numerator.kind != "mg" or denominator is None or denominator.value <= 0:
        return NO_STRENGTH
    if numerator.value <= 0:
        return NO_STRENGTH
    mg = numerator.value / denominator.value
    return Strength(mg_per_ml=mg) if denominator.kind == "mL" else Strength(mg_per_piece=mg)


def number(written: str) -> float | None:
    """A number with decimal point or comma; None where three decimals may be thousands."""
    return None if _THOUSANDS.fullmatch(written) else float(written.replace(",", "."))


def strength_in(text: str) -> Strength:
    """The first "number mg" of a product's name: "Prednisolon 2,5 mg tabletter" is 2.5 mg per piece.

    "mg/ml" is a concentration ("5 mg/100 ml" is 0.05 mg per mL); "500 mg/10 mikrogram" is a
    combination whose first drug has 500 mg. mg per gram, puff or hour is no strength.
    """
    match = _STRENGTH.search(text.lower())
    value = number(match[1]) if match else None
    if match is None or not value:
        return NO_STRENGTH
    per, unit = match[2], match[3]
    if unit in _VOLUME:
        volume = (number(per) if per else 1.0) or 0.0
        return Strength(mg_per_ml=value / (volume * _VOLUME[unit])) if volume > 0 else NO_STRENGTH
    return NO_STRENGTH if unit in _NO_PIECE else Strength(mg_per_piece=value)


def package_mg(text: str) -> float | None:
    """The mg of one package as its name says: "60 mg", "5 mg/100 ml", "1.7 ML … 70 MG/ML".

    None where the name gives only a concentration.
    """
    lowered = text.lower()
    match = _STRENGTH.search(lowered)
    value = number(match[1]) if match else None
    if match is None or not value:
        return None
    if match[3] not in _VOLUME or match[2]:
        return value
    volume = _VOLUME_FIRST.match(lowered)
    millilitres = number(volume[1]) if volume else None
    return value * millilitres * _VOLUME["ml"] if millilitres is not None else None
