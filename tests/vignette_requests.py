"""The worked patients of `vignettes.yaml` as complete CDS Hooks requests.

`to_request(vignette, dialect)` writes a patient as a Danish record would hold it (NPU, SKS,
ICD-10, ICPC-2-DK, ATC) or as one abroad would (LOINC, SNOMED CT, RxNorm, other units). Every
prefetch key is sent, with an empty Bundle where the patient has nothing of the kind: in a
worked patient absence means "searched, none recorded". A fact the adapter does not know is
an error, never left out.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from tests.vignette_conditions import add_conditions
from tests.vignette_medications import add_administrations, add_dispensings, add_medications
from tests.vignette_observations import add_notes, add_observations
from tests.vignette_orders import add_bookings, add_declined, add_drafts, add_orders, add_overrides, add_visits
from tests.vignette_patient import add_patient
from tests.vignette_record import Dialect, Fact, Record, Resource, check_keys

VIGNETTES: Final = Path(__file__).parent / "vignettes.yaml"
BASE: Final = "https://ehr.example.org/fhir"
DIALECTS: Final[tuple[Dialect, ...]] = get_args(Dialect)

#: What a vignette says about itself and about the expected answer, no fact of the patient.
ABOUT: Final = ("covers", "exact", "expect", "expect_cards", "not_expect", "rationale", "title")
SECTIONS: Final = (
    "administrations",
    "appointments",
    "conditions",
    "declined",
    "dispensings",
    "draft_orders",
    "encounters",
    "medications",
    "notes",
    "observations",
    "orders",
    "overrides",
)
HOOKS: Final = ("order-select", "order-sign", "patient-view", "population")

#: The prefetch key of each kind of resource (facts-to-fhir 10); `screening` has the Observations of PANEL.
PREFETCH_KEYS: Final = {
    "Appointment": "appointments",
    "Condition": "conditions",
    "Encounter": "encounters",
    "FamilyMemberHistory": "familyHistory",
    "MedicationAdministration": "medicationAdministrations",
    "MedicationDispense": "medicationDispenses",
    "MedicationRequest": "medicationRequests",
    "MedicationStatement": "medicationStatements",
    "Observation": "observations",
    "ServiceRequest": "serviceRequests",
}
PANEL: Final = (
    "2160-0,14682-9,77140-2,38483-4,59826-8,NPU18016,NPU04998,14866-8,2731-8,NPU03028,3016-3,NPU03577,"
    "NPU27547,59261-8,4548-4,17856-6,55454-3,17855-8,NPU27300,NPU03835,NPU29296,59260-0,718-7,20509-6,"
    "30350-3,NPU02319,NPU28309,6690-2,26464-8,804-5,NPU02593,1988-5,30522-7,NPU19748,2951-2,2947-0,"
    "77139-4,NPU03429,2823-3,6298-4,77142-8,NPU03230,1742-6,1744-2,NPU19651,NPU53495,6768-6,NPU27783,"
    "NPU57047,14913-8,2986-8,NPU03543"
)


def load_vignettes() -> list[dict[str, Any]]:
    """The worked patients, in the order of the file."""
    vignettes: list[dict[str, Any]] = msgspec.yaml.decode(VIGNETTES.read_bytes())
    return vignettes


def today_of(vignette: Fact) -> date:
    """The day the request is made; the service gets it from outside."""
    today: date = vignette["today"]
    return today


def hook_of(vignette: Fact) -> str:
    """The hook of the vignette, "population" included, which no CDS Hooks request can name."""
    hook: str = vignette["hook"]
    if hook not in HOOKS:
        raise ValueError(f"hook {hook!r}: expected one of {HOOKS}.")
    return hook


def to_request(vignette: Fact, dialect: Dialect) -> dict[str, Any]:
    """The CDS Hooks request of a worked patient. A population vignette is sent as patient-view (see `hook_of`)."""
    record = written_record(vignette, dialect)
    hook = hook_of(vignette)
    return {
        "hook": "patient-view" if hook == "population" else hook,
        "hookInstance": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{BASE}/{record.id}")),
        "context": context(record, hook),
        "prefetch": prefetch(record),
    }


def written_record(vignette: Fact, dialect: Dialect) -> Record:
    """The patient's record with every section of the vignette written."""
    check_keys(vignette, ("id", "hook", "today", "patient"), (*ABOUT, *SECTIONS))
    record = Record(vignette, dialect)
    add_patient(record)
    add_conditions(record)
    add_observations(record)
    add_notes(record)
    add_medications(record)
    add_administrations(record)
    add_dispensings(record)
    add_visits(record)
    add_bookings(record)
    add_orders(record)
    add_declined(record)
    add_overrides(record)
    add_drafts(record)
    return record


def context(record: Record, hook: str) -> dict[str, Any]:
    """Who asks about whom, and what is being ordered; on order-select every draft is selected."""
    written: dict[str, Any] = {"userId": "Practitioner/gp-1", "patientId": f"pat-{record.id}"}
    if hook in ("order-select", "order-sign"):
        entries = [{"resource": draft} for draft in record.drafts]
        bundle = {"resourceType": "Bundle", "type": "collection"} | ({"entry": entries} if entries else {})
        written["draftOrders"] = bundle
    elif record.drafts:
        raise ValueError(f"{record.id}: draft orders on the hook {hook}.")
    if hook == "order-select":
        written["selections"] = [f"{draft['resourceType']}/{draft['id']}" for draft in record.drafts]
    return written


def prefetch(record: Record) -> dict[str, Resource]:
    """Every prefetch key: the Patient, and a searchset of each kind."""
    keys = ("screening", *PREFETCH_KEYS.values())
    found: dict[str, list[Resource]] = {key: [] for key in keys}
    for resource in record.resources:
        found[prefetch_key(resource)].append(resource)
    return {"patient": record.patient} | {key: searchset(found[key]) for key in keys}


def prefetch_key(resource: Resource) -> str:
    """The search that would have found the resource."""
    codes = {coding.get("code") for coding in resource.get("code", {}).get("coding", ())}
    if resource["resourceType"] == "Observation" and not codes.isdisjoint(PANEL.split(",")):
        return "screening"
    return PREFETCH_KEYS[resource["resourceType"]]


def searchset(resources: Sequence[Resource]) -> Resource:
    """A search result; without resources it says "searched, none found"."""
    entries = [
        {
            "fullUrl": f"{BASE}/{resource['resourceType']}/{resource['id']}",
            "resource": resource,
            "search": {"mode": "match"},
        }
        for resource in resources
    ]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return bundle | ({"entry": entries} if entries else {})
