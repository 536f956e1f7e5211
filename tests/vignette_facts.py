"""A worked patient (vignette) straight as facts, without FHIR in between.

For tests of the rules alone; the vignettes also go the whole way over HTTP (test_vignettes.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from msgspec import structs

from fhir_mappings.facts import (
    Administration,
    Booking,
    Condition,
    Declined,
    Dispensing,
    DoseStep,
    DraftMedication,
    DraftReferral,
    Drafts,
    DraftService,
    DraftStop,
    Fall,
    FamilyHistory,
    Finding,
    Fracture,
    Measurement,
    MedicationCourse,
    Order,
    Override,
    PatientFacts,
    Source,
    SourceState,
    Visit,
    newest_first,
)
from hooks.guideline.calendar import add_months

Vignette = Mapping[str, Any]

GLUCOCORTICOIDS = frozenset(
    {
        *("prednisolone", "prednisone", "methylprednisolone", "hydrocortisone", "cortisone"),
        *("dexamethasone", "betamethasone", "triamcinolone", "deflazacort", "budesonide"),
    }
)
SYSTEMIC_ROUTES = frozenset({"oral", "iv"})
KEYS = (
    *("patient", "conditions", "observations", "screening", "familyHistory", "serviceRequests"),
    *("medicationRequests", "medicationStatements", "medicationAdministrations", "medicationDispenses"),
    *("appointments", "encounters"),
)


def facts_of(vignette: Vignette, *, missing: tuple[str, ...] = ()) -> PatientFacts:
    """The facts of the vignette; prefetch keys in `missing` are marked as not delivered."""
    today = _day(vignette["today"])
    patient = vignette["patient"]
    born = _day(patient["birth_date"]) if "birth_date" in patient else _birth_date(today, patient["age"])
    findings = _notes(vignette, today)
    if "menopause_status" in patient:
        findings["menopause_status"] = Finding("menopause_status", patient["menopause_status"], today, "Condition/meno")
    if patient.get("residence") == "nursing_home":
        findings["residence"] = Finding("residence", "nursing_home", today, "Condition/home")
    measurements = _measurements(vignette, findings)
    return PatientFacts(
        as_of=today,
        patient_id=vignette["id"],
        sex=patient["sex"],
        birth_date=born,
        menopause_age=patient.get("menopause_age"),
        measurements=measurements,
        findings=findings,
        conditions=_conditions(vignette, today),
        fractures=_fractures(vignette),
        falls=tuple(
            Fall(_optional(c.get("date")), 1, f"Condition/fall{i}")
            for i, c in _numbered(vignette, "conditions", "fall")
        ),
        family_history=tuple(
            FamilyHistory(
                f"FamilyMemberHistory/{i}",
                c.get("relative_fracture"),
                c.get("relative_fracture_age"),
                c.get("relative_dx_age"),
            )
            for i, c in _numbered(vignette, "conditions", "family_history_osteoporosis")
        ),
        courses=_courses(vignette, today),
        administrations=tuple(
            Administration(a["drug"], _day(a["date"]), f"MedicationAdministration/{i}")
            for i, a in enumerate(vignette.get("administrations", ()))
        ),
        dispensings=tuple(
            Dispensing(frozenset({d["drug"]}), _day(d["date"]), f"MedicationDispense/{i}", d.get("days_supply"))
            for i, d in enumerate(vignette.get("dispensings", ()))
        ),
        orders=tuple(
            Order(
                frozenset({o["concept"]}),
                _day(o["date"]),
                o.get("status", "active") == "active",
                f"ServiceRequest/{i}",
            )
            for i, o in enumerate(vignette.get("orders", ()))
        ),
        visits=tuple(
            Visit(e["concept"], _day(e["date"]), f"Encounter/{i}") for i, e in enumerate(vignette.get("encounters", ()))
        ),
        bookings=tuple(
            Booking(a["concept"], _day(a["date"]), f"Appointment/{i}")
            for i, a in enumerate(vignette.get("appointments", ()))
            if _day(a["date"]) >= today
        ),
        declined=tuple(
            Declined(d["topic"], _day(d["date"]), f"ServiceRequest/d{i}")
            for i, d in enumerate(vignette.get("declined", ()))
        ),
        overrides=tuple(
            Override(o["rec"], _day(o["date"]), f"ServiceRequest/o{i}")
            for i, o in enumerate(vignette.get("overrides", ()))
        ),
        drafts=_drafts(vignette, today),
        sources={key: Source(key, SourceState.MISSING if key in missing else SourceState.COMPLETE) for key in KEYS},
    )


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    text = str(value)
    return date.fromisoformat(f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01" if len(text) == 7 else text)


def _optional(value: Any) -> date | None:
    return None if value is None else _day(value)


def _birth_date(today: date, age: int) -> date:
    return add_months(today, -12 * age - 6)


def _numbered(vignette: Vignette, section: str, concept: str) -> list[tuple[int, Mapping[str, Any]]]:
    return [(i, c) for i, c in enumerate(vignette.get(section, ())) if c["concept"] == concept]


def _notes(vignette: Vignette, today: date) -> dict[str, Finding]:
    findings: dict[str, Finding] = {}
    for name, value in (vignette.get("notes") or {}).items():
        dated = value if isinstance(value, date) else today
        content: str | bool = True if isinstance(value, date) else value
        findings[name] = Finding(name, content, dated, f"Observation/{name}")
    return findings


def _measurements(vignette: Vignette, findings: dict[str, Finding]) -> dict[str, tuple[Measurement, ...]]:
    found: dict[str, list[Measurement]] = defaultdict(list)
    scanners = {_day(o["date"]): o["value"] for o in vignette.get("observations", ()) if o["concept"] == "scanner_id"}
    for i, o in enumerate(vignette.get("observations", ())):
        concept, day = o["concept"], _day(o["date"])
        if concept == "scanner_id":
            continue
        if concept == "smoking_status":
            findings[concept] = Finding(concept, o["value"], day, f"Observation/{i}")
            continue
        found[concept].append(
            Measurement(
                concept,
                float(o["value"]),
                day,
                f"Observation/{i}",
                low=o.get("ref_low"),
                high=o.get("ref_high"),
                geometric_mean=o.get("geometric_mean_premenopausal"),
                site=o.get("site"),
                scanner=scanners.get(day) if concept == "t_score" else None,
            )
        )
    return {concept: newest_first(values) for concept, values in found.items()}


def _conditions(vignette: Vignette, today: date) -> dict[str, tuple[Condition, ...]]:
    found: dict[str, list[Condition]] = defaultdict(list)
    for i, c in enumerate(vignette.get("conditions", ())):
        if c["concept"] in ("fracture", "fall", "family_history_osteoporosis"):
            continue
        end = _optional(c.get("end"))
        active = end is None or end > today
        found[c["concept"]].append(Condition(c["concept"], _optional(c.get("date")), end, active, f"Condition/{i}"))
    return {concept: tuple(values) for concept, values in found.items()}


def _fractures(vignette: Vignette) -> tuple[Fracture, ...]:
    found = []
    for i, c in _numbered(vignette, "conditions", "fracture"):
        compression = c.get("compression_pct")
        is_range = isinstance(compression, str)
        low = float(str(compression).split("-")[0]) if compression is not None else None
        found.append(
            Fracture(
                c["site"],
                _optional(c.get("date")),
                f"Condition/{i}",
                c.get("low_energy"),
                bool(c.get("pathological", False)),
                low,
                is_range,
                c.get("source") == "vfa",
            )
        )
    return tuple(found)


def _courses(vignette: Vignette, today: date) -> tuple[MedicationCourse, ...]:
    found: list[MedicationCourse] = []
    for i, m in enumerate(vignette.get("medications", ())):
        course = _course(m, f"MedicationRequest/{i}", today)
        if m.get("replaces_previous"):
            found = [_cut(earlier, course) for earlier in found]
        found.append(course)
    return tuple(found)


def _cut(earlier: MedicationCourse, later: MedicationCourse) -> MedicationCourse:
    start = later.start
    if start is None or not earlier.drugs & later.drugs or (earlier.stop is not None and earlier.stop <= start):
        return earlier
    steps = tuple(
        structs.replace(s, end=start if s.end is None or s.end > start else s.end)
        for s in earlier.steps
        if s.start < start
    )
    return structs.replace(earlier, stop=start, active=False, open_ended=False, steps=steps)


def _course(m: Mapping[str, Any], reference: str, today: date) -> MedicationCourse:
    start = _day(m.get("start", today))
    stop = _optional(m.get("stop"))
    if stop is None and "days" in m:
        stop = start + timedelta(days=m["days"])
    route = m.get("route", "oral")
    steroid = m["drug"] in GLUCOCORTICOIDS
    systemic = steroid and route in SYSTEMIC_ROUTES and m["drug"] != "budesonide"
    steps: tuple[DoseStep, ...] = ()
    if "steps" in m:
        begin = start
        for step in m["steps"]:
            end = begin + timedelta(days=step["days"])
            steps += (DoseStep(begin, end, float(step["dose_mg"])),)
            begin = end
        stop = stop or begin
    elif "dose_mg" in m:
        per_day = m["dose_mg"] / m.get("every_days", 1)
        if stop is None and "quantity_mg" in m:
            stop = start + timedelta(days=round(m["quantity_mg"] / per_day))
        steps = (DoseStep(start, stop, per_day),)
    return MedicationCourse(
        drugs=frozenset({m["drug"]}),
        product=m["drug"],
        reference=reference,
        start=start,
        stop=stop,
        active=start <= today and (stop is None or stop > today),
        route=route,
        systemic=systemic,
        local=steroid and not systemic,
        prn=bool(m.get("prn")),
        prn_mg=m.get("dispensed_mg", m.get("quantity_mg")) if m.get("prn") else None,
        dose_known=bool(steps) or bool(m.get("prn")),
        steps=() if m.get("prn") else steps,
        open_ended=stop is None,
        daily_mg=m.get("daily_mg"),
        intakes_per_day=m.get("intakes_per_day"),
    )


def _drafts(vignette: Vignette, today: date) -> Drafts:
    medications, services, stops, referrals = [], [], [], []
    for i, d in enumerate(vignette.get("draft_orders", ())):
        reference = f"MedicationRequest/draft{i}" if d["kind"] in ("medication", "stop") else f"ServiceRequest/draft{i}"
        if d["kind"] == "medication":
            medications.append(DraftMedication(_course(d, reference, today), reference))
        elif d["kind"] == "service":
            services.append(
                DraftService(
                    frozenset({d["concept"]}), reference, d.get("interpretation_wanted"), bool(d.get("reason"))
                )
            )
        elif d["kind"] == "stop":
            stops.append(DraftStop(frozenset({d["drug"]}), reference))
        else:
            referrals.append(DraftReferral(frozenset({d["concept"]}), reference))
    return Drafts(tuple(medications), tuple(services), tuple(stops), tuple(referrals))
