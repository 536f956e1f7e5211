"""What the strict medication Structs accept, fhir.resources (R4B) accepts too."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.facts import Issue
from fhir_mappings.heads import head_of
from fhir_mappings.r4 import medication as r4
from fhir_mappings.resources import Item, read
from tests.medication_records import (
    ORAL,
    administration,
    concept,
    daily,
    dispense,
    for_days,
    of,
    order,
    period,
    quantity,
    statement,
)

INGREDIENT = {
    "itemCodeableConcept": concept("H02AB06"),
    "isActive": True,
    "strength": {"numerator": quantity(5), "denominator": {"value": 1, "unit": "tablet"}},
}
PRODUCT = {
    "resourceType": "Medication",
    "id": "product",
    "status": "active",
    "code": concept("H02AB06", "Prednisolon 5 mg"),
    "form": concept("", "tablet"),
    "amount": {"numerator": {"value": 100}, "denominator": {"value": 1}},
    "ingredient": [INGREDIENT],
    "batch": {"lotNumber": "7", "expirationDate": "2026-01"},
}
INSIDE = {"contained": [PRODUCT], "medicationReference": {"reference": "#product"}}
WHOLE: tuple[dict[str, Any], ...] = (
    PRODUCT,
    order(
        1,
        "2025-01-01T10:00:00+01:00",
        daily(25, ORAL, **for_days(7)) | {"sequence": 1, "text": "1 dagligt"},
        daily(5, when=["MORN"], dayOfWeek=["mon"], **period("2025-01-08", "2025-02"))
        | {"asNeededCodeableConcept": concept("", "ved behov")},
        dispenseRequest={
            "quantity": quantity(100, "tablet"),
            "numberOfRepeatsAllowed": 2,
            "expectedSupplyDuration": quantity(30, "d"),
            "validityPeriod": {"start": "2025-01-01", "end": "2027-01-01"},
        },
        identifier=[{"system": "urn:ietf:rfc:3986", "value": "x"}],
        priority="routine",
        reasonCode=[concept("", "KOL")],
        requester={"display": "lægen"},
        note=[{"text": "x", "time": "2025-01-01"}],
        substitution={"allowedBoolean": True},
        priorPrescription=of("MedicationRequest", 0),
        meta={"lastUpdated": "2025-01-01T10:00:00.123Z", "tag": [{"system": "https://example.org", "code": "t"}]},
    ),
    statement(2, "2025-01-01", "2025-02-01", daily(5), dateAsserted="2025-01-01", statusReason=[concept("", "x")]),
    statement(3, contained=[PRODUCT], effectiveDateTime="2025"),
    administration(
        4, "2025-01-01", "M05BX04", 60, performer=[{"actor": of("Practitioner", 1)}], request=of("MedicationRequest", 1)
    ),
    dispense(
        5,
        "2025-01-01",
        quantity(100, "tablet"),
        daysSupply=quantity(100, "d"),
        authorizingPrescription=[of("MedicationRequest", 1)],
        substitution={"wasSubstituted": False},
        dosageInstruction=[daily(5)],
    ),
)
STRUCTS = {
    kind.__name__: kind
    for kind in (
        *(r4.Medication, r4.MedicationRequest, r4.MedicationStatement),
        *(r4.MedicationAdministration, r4.MedicationDispense),
    )
}


def strictly_read(resource: Any) -> bool:
    """Whether the strict Struct accepts it, without asking fhir.resources."""
    try:
        msgspec.json.decode(msgspec.json.encode(resource), type=STRUCTS[resource["resourceType"]])
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("resource", WHOLE, ids=[f"{r['resourceType']}-{r['id']}" for r in WHOLE])
def test_what_is_commonly_sent_is_read_strictly(resource: dict[str, Any]) -> None:
    assert strictly_read(resource)
    get_fhir_model_class(resource["resourceType"]).model_validate(deepcopy(resource))


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**31),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", " ", "x", "2025", "2025-02", "2025-02-29", "2025-01-01T10:00:00", "active", "draft", "d", "#"]
    ),
    st.just([]),
    st.just({}),
    st.just([{}]),
)


def paths(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place inside a resource."""
    inner: list[tuple[str | int, ...]] = [at] if at else []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        inner += paths(member, (*at, name))
    return inner


@given(st.sampled_from(WHOLE), st.data())
@settings(max_examples=400, deadline=None)
def test_what_is_read_strictly_is_valid(whole: dict[str, Any], data: st.DataObject) -> None:
    """In every element that is read."""
    resource = deepcopy(whole)
    unread = {f.encode_name for f in msgspec.structs.fields(STRUCTS[resource["resourceType"]]) if f.type is msgspec.Raw}
    path = data.draw(st.sampled_from([p for p in paths(resource) if p[0] not in {"resourceType"} | unread]))
    holder: Any = resource
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = data.draw(LEAVES)
    if not strictly_read(resource):
        return
    issues: list[Issue] = []
    raw = msgspec.Raw(msgspec.json.encode(resource))
    item = Item(raw, head_of(raw))
    if read(item, STRUCTS[whole["resourceType"]], issues) is None:
        assert issues  # a string of blanks, which resources.py puts to the library
        return
    get_fhir_model_class(resource["resourceType"]).model_validate(deepcopy(resource))


STATUS = {
    "MedicationRequest": "activ",
    "MedicationStatement": "unknwon",
    "MedicationAdministration": "done",
    "MedicationDispense": "handed-over",
}


@pytest.mark.parametrize(("kind", "status"), STATUS.items(), ids=STATUS)
def test_a_status_fhir_does_not_have_is_refused(kind: str, status: str) -> None:
    resource = next(each for each in WHOLE if each["resourceType"] == kind) | {"status": status}
    raw = msgspec.Raw(msgspec.json.encode(resource))
    issues: list[Issue] = []
    assert read(Item(raw, head_of(raw)), STRUCTS[kind], issues) is None
    assert "status" in issues[0].problem
