"""Why a clinician may not follow a card (0.7): coded by HL7's non-adherence reasons where one fits."""

from __future__ import annotations

from hooks.texts import Texts

NON_ADHERENCE = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
OVERRIDE_REASONS = "https://osteo-cds.org/fhir/CodeSystem/override-reason"
#: Handled already; declined; other illness; responsible elsewhere; the data are wrong (HL7 has no code for it).
REASONS = (
    (NON_ADHERENCE, "action-completed"),
    (NON_ADHERENCE, "patient-refuses"),
    (NON_ADHERENCE, "action-not-priority"),
    (NON_ADHERENCE, "inappropriate-recipient"),
    (OVERRIDE_REASONS, "data-wrong"),
)

_WORDED = tuple((system, code, f"override.{code}") for system, code in REASONS)


def override_reasons(words: Texts) -> list[dict[str, str]]:
    """The reasons as Codings, in the reader's words."""
    said = words.words
    return [{"system": system, "code": code, "display": said[term]} for system, code, term in _WORDED]
