"""The services of this product, listed by hand. Discovery is generated from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from fhir_mappings.templates import prefetch_templates
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Hook


class Service(Struct, frozen=True):
    """One CDS service: what discovery says of it."""

    id: str
    hook: Hook
    title: str
    description: str
    prefetch: Mapping[str, str]


def _service(hook: Hook, title: str, description: str) -> Service:
    return Service(f"osteoporosis-{hook}", hook, title, description, prefetch_templates(hook))


SERVICES: tuple[Service, ...] = (
    _service(
        PATIENT_VIEW,
        "Osteoporose: journalen åbnes · Osteoporosis: record opened",
        "Udredning, behandling, kontrol og forebyggelse efter DSAM's vejledning om osteoporose (2024). "
        "Investigation, treatment, follow-up and prevention by the Danish general-practice guideline (2024).",
    ),
    _service(
        ORDER_SELECT,
        "Osteoporose: ordination vælges · Osteoporosis: order selected",
        "Valg af knoglemedicin og det, der kan forhindre den, mens ordinationen vælges. "
        "Choice of bone drug and what may forbid it, while the order is being selected.",
    ),
    _service(
        ORDER_SIGN,
        "Osteoporose: ordination underskrives · Osteoporosis: order signed",
        "Sikkerhed og forberedelse ved knoglemedicin, prednisolon, tilskud, DXA og knoglemarkører. "
        "Safety and preparation for bone drugs, prednisolone, supplements, DXA and bone markers.",
    ),
)
BY_ID: Final = {service.id: service for service in SERVICES}
