"""Prefetch template -> the URL to ask, with the context filled in (CDS Hooks 2.0, Prefetch tokens)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_TOKEN: Final = re.compile(r"\{\{(.*?)\}\}")


def fits_in_url(patient_id: str) -> bool:
    """Whether an id stays an id in a path: one of dots alone would name another place."""
    return bool(patient_id.strip("."))


def search_url(base: str, template: str, patient_id: str) -> str:
    """The absolute URL of a template on the server `base`. ValueError for a token that is not the patient's id."""

    def fill(token: re.Match[str]) -> str:
        if token[1] != "context.patientId":
            raise ValueError(f"the template token {token[1]} is not known")
        return quote(patient_id, safe="")

    return f"{base}/{_TOKEN.sub(fill, template)}"


def resource_type(template: str) -> str:
    """The resource type a template asks for."""
    return re.split(r"[/?]", template, maxsplit=1)[0]


def interaction(template: str) -> str:
    """The letter of SMART 2: r for a read by id, s for a search."""
    return "s" if "?" in template else "r"
