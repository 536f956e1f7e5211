"""What a rule offers to do, in clinical words. hooks/suggestions.py makes FHIR drafts of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["order", "prescribe", "task", "refer", "book", "message", "note", "plan", "delete-draft", "change-draft"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One offer. `what` is a vocabulary name or the name of a task; `on` the planned day, None now.

    `drug` names the drug of a referral or of the draft that is to change.
    """

    kind: Kind
    what: str
    on: date | None = None
    drug: str = ""


def order(concept: str, on: date | None = None) -> Proposal:
    """A test, scan or service: dxa, vfa, spine_xray, egfr, calcium, zoledronate, physiotherapy …"""
    return Proposal("order", concept, on)


def prescribe(drug: str) -> Proposal:
    """A prescription: alendronate, calcium_vitd, calcium, vitamin_d (no dose), vitamin_d_10ug …"""
    return Proposal("prescribe", drug)


def task(name: str, on: date | None = None) -> Proposal:
    """A task for the practice; its name is a text key."""
    return Proposal("task", name, on)


def refer(to: str, drug: str = "") -> Proposal:
    """A referral: bone_specialist, nephrology …"""
    return Proposal("refer", to, drug=drug)


def book(visit: str, on: date | None = None) -> Proposal:
    """A booking: denosumab_injection, bone_status_visit, physician_bone_review …"""
    return Proposal("book", visit, on)


def message(name: str) -> Proposal:
    """A message to the patient; its name is a text key."""
    return Proposal("message", name)


def note(phrase: str) -> Proposal:
    """A draft note for the record, by the phrase's recommendation id."""
    return Proposal("note", phrase)


def plan(name: str) -> Proposal:
    """A plan of contacts; its name is a text key."""
    return Proposal("plan", name)


def delete_draft(of: str = "") -> Proposal:
    """Take the drafted order away: of the drug or concept `of`, of every relevant draft when empty."""
    return Proposal("delete-draft", of)


def change_draft(change: str, of: str = "", on: date | None = None) -> Proposal:
    """Change the drafted order: to_ctx, to_effervescent, to_alendronate, split_doses, add_vfa, postpone (to `on`) …"""
    return Proposal("change-draft", change, on, drug=of)
