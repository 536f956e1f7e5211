"""Draft ServiceRequests: tests, scans, services and referrals."""

from __future__ import annotations

from datetime import date

from fhir_mappings.drafts import DraftContext, Resource, codings, concept_of, is_measured

#: Orders whose code stands in the tables under another name.
_WRITTEN_AS = {"calcium": "calcium_ionised", "dxa_vfa": "dxa", "physiotherapy": "referral_physiotherapy"}
#: Receivers of referrals with a code: the concept and, where it has several, which; any other is text alone.
_RECEIVERS = {
    "bone_specialist": ("bone_specialist", ""),
    "endocrinology": ("bone_specialist", "306278007"),
    "fall_assessment": ("fall_assessment", ""),
}


def service_request(
    context: DraftContext,
    concept: str,
    text: str,
    on: date | None = None,
    *,
    reason: str = "",
    instruction: str = "",
) -> Resource:
    """A test, scan or service of a concept; `on` the planned day, now when it is past or None."""
    resource = _request(context, concept, text)
    if concept == "dxa_vfa":
        resource["orderDetail"] = [concept_of("VFA", codings(context.systems, "vfa", "order"))]
    if on is not None and on > context.today:
        resource["occurrenceDateTime"] = on.isoformat()
    if reason:
        resource["reasonCode"] = [{"text": reason}]
    if instruction:
        resource["patientInstruction"] = instruction
    return resource


def referral(context: DraftContext, to: str, text: str, drug: str = "", drug_text: str = "") -> Resource:
    """A referral to a receiver, for a drug if one is named ("anabolic": the group)."""
    concept, code = _RECEIVERS.get(to, ("", ""))
    resource = _request(context, concept, text, code)
    if drug:
        anabolic = codings(context.systems, "anabolic_treatment", "order_detail")
        detail = anabolic if drug == "anabolic" else codings(context.systems, drug, "medication")
        resource["orderDetail"] = [concept_of(drug_text or drug, detail)]
    return resource


def _request(context: DraftContext, concept: str, text: str, code: str = "") -> Resource:
    name = _WRITTEN_AS.get(concept, concept)
    kind = "observation" if is_measured(name) else "order"
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "code": concept_of(text, codings(context.systems, name, kind, code)),
        "subject": context.subject,
        "authoredOn": context.today.isoformat(),
    }
