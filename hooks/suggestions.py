"""The suggestions of a card: what is offered, as buttons with their actions.

At most five; blood tests for the same day are one button; the same draft is offered once in a
whole answer. What a draft says comes from texts, how it is written from fhir_mappings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from msgspec import Struct

from fhir_mappings.draft_changes import ChangeText, changed
from fhir_mappings.drafts import (
    DraftContext,
    Resource,
    Step,
    appointment,
    care_plan,
    document,
    is_measured,
    message,
    task,
)
from fhir_mappings.drafts_medication import medication_request
from fhir_mappings.drafts_service import referral, service_request
from fhir_mappings.facts import DraftMedication, DraftReferral, DraftService, DraftStop
from hooks.evidence import concepts, drugs, named
from hooks.guideline.calendar import add_days, add_months
from hooks.guideline.case import Case
from hooks.guideline.firing import Fired
from hooks.guideline.proposal import Proposal
from hooks.offers import Key, Offer, offers
from hooks.texts import OfferText, Texts, fill

MOST = 5
#: Kinds of offer in the order in which they may be left out, the rest (orders, drugs, referrals, bookings) last.
_LESS = {"task": 1, "plan": 2, "message": 3, "note": 4}
#: Samples that need their own conditions, or are no sample: not one of the blood tests.
_APART = frozenset({"p1np", "ctx", "height_cm", "weight_kg"})
#: More blood tests than these are counted on the button, not named.
_NAMED_TESTS = 4
#: The end proposed for an opioid or fall-risk drug when the rule names none (local default), days.
_SHORT_COURSE = 28
_RELATIVE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")

#: An action of CDS Hooks; its description is what the button of it alone says.
Action = dict[str, Any]
LABEL = "description"
AnyDraft = DraftMedication | DraftService | DraftStop | DraftReferral


class Suggestion(Struct, frozen=True):
    """One button: its label and the actions behind it."""

    label: str
    actions: tuple[Action, ...]


class Drafting(Struct):
    """What drafts are made with. `offered`: what an earlier card of this answer offers already."""

    case: Case
    words: Texts
    context: DraftContext
    received: Mapping[str, Mapping[str, Any]]
    offered: set[Key] = set()

    def fill(self, template: str) -> str:
        """A text with the values of this case."""
        return fill(template, self.case, self.words.say)


def suggestions(members: Iterable[Fired], drafting: Drafting) -> list[Suggestion]:
    """The suggestions of a card with these members."""
    new = [offer for offer in offers(members, drafting.case) if offer.key not in drafting.offered]
    found = [(group, made) for group in _grouped(new) if (made := _suggestion(group, drafting)) is not None]
    while len(found) > MOST:
        found.remove(max(reversed(found[1:]), key=_dispensable))
    drafting.offered.update(offer.key for group, _ in found for offer in group)
    return [made for _, made in found]


def _dispensable(found: tuple[list[Offer], Suggestion]) -> int:
    """What goes first when there are too many: notes, then messages, plans, tasks; the later before the earlier."""
    return _LESS.get(found[0][0].proposal.kind, 0)


def _grouped(found: list[Offer]) -> Iterable[list[Offer]]:
    """Offers that share a button: the blood tests of one day; DXA and VFA of one day."""
    groups: dict[object, list[Offer]] = {}
    for offer in found:
        groups.setdefault(_group(offer), []).append(offer)
    return groups.values()


def _group(offer: Offer) -> object:
    proposal = offer.proposal
    if proposal.kind == "order":
        if _is_blood_test(proposal.what):
            return ("blood", proposal.on)
        if proposal.what in ("dxa", "vfa"):
            return ("scan", proposal.on)
    return offer.key


@cache
def _is_blood_test(concept: str) -> bool:
    return concept == "calcium" or (concept not in _APART and is_measured(concept))


def _suggestion(group: list[Offer], drafting: Drafting) -> Suggestion | None:
    first = group[0].proposal
    if len(group) == 1:
        made = _made(group[0], drafting)
        return Suggestion(made[0][LABEL], tuple(made)) if made else None
    if {offer.proposal.what for offer in group} == {"dxa", "vfa"}:
        both = _order(group[0], "dxa_vfa", drafting)
        return Suggestion(both[LABEL], (both,))
    names = [named(drafting.words.say, offer.proposal.what, "concept") for offer in group]
    listed = f": {drafting.words.say.list(names)}" if len(names) <= _NAMED_TESTS else f" ({len(names)})"
    label = f"{drafting.words.offers['order', 'blood_tests'].label}{listed}"
    orders = [_order(offer, offer.proposal.what, drafting) for offer in group]
    return Suggestion(_dated(label, first.on, drafting), tuple(orders))


def _create(label: str, resource: Resource) -> Action:
    return {"type": "create", "description": label, "resource": resource}


def _made(offer: Offer, drafting: Drafting) -> list[Action]:
    """The action of an offer; several for the drafts it deletes, none when it does not fit."""
    proposal = offer.proposal
    if proposal.kind == "delete-draft":
        return list(_deletions(offer, drafting))
    if proposal.kind == "change-draft":
        return list(_changes(offer, drafting))
    if proposal.kind == "order":
        return [_order(offer, proposal.what, drafting)]
    text = drafting.words.offer(proposal.kind, proposal.what)
    words = drafting.fill(text.label)
    return [_create(_dated(words, proposal.on, drafting), _resource(proposal, words, text, drafting))]


def _resource(proposal: Proposal, label: str, text: OfferText, drafting: Drafting) -> Resource:
    context, body = drafting.context, drafting.fill(text.text)
    match proposal.kind:
        case "prescribe":
            return medication_request(context, proposal.what, body, text.dosage, text.instruction)
        case "refer":
            drug = drafting.words.say.term(f"drug.{proposal.drug}") if proposal.drug else ""
            return referral(context, proposal.what, body, proposal.drug, drug)
        case "book":
            return appointment(context, proposal.what, body, proposal.on)
        case "message":
            return message(context, body)
        case "plan":
            start = drafting.case.today
            steps = [Step(add_months(start, months), drafting.fill(step)) for months, step in text.steps]
            return care_plan(context, _title(label), body, steps)
        case "note":
            return document(context, _title(label), body)
        case _:
            return task(context, _title(label), body, proposal.on)


def _title(label: str) -> str:
    """What the button makes, without the verb before the colon."""
    name = label.partition(": ")[2] or label
    return name[:1].upper() + name[1:]


def _order(offer: Offer, what: str, drafting: Drafting) -> Action:
    """A test, scan or service. A blood test needs no words of its own."""
    words, on = drafting.words, offer.proposal.on
    if ("order", what) in words.offers:
        text = words.offers["order", what]
        label, body, instruction = drafting.fill(text.label), drafting.fill(text.text), text.instruction
    else:
        body, instruction = named(words.say, what, "concept"), ""
        label = f"{words.offers['order', 'blood_tests'].label}: {body}"
    reason = "" if _is_blood_test(what) else words.title(offer.fired.rule.id, offer.fired.rule.title)
    order = service_request(drafting.context, what, body, on, reason=reason, instruction=instruction)
    return _create(_dated(label, on, drafting), order)


def _dated(label: str, on: date | None, drafting: Drafting) -> str:
    return f"{label} ({drafting.words.say.day(on)})" if on is not None and on > drafting.case.today else label


def _deletions(offer: Offer, drafting: Drafting) -> Iterator[Action]:
    text = drafting.words.offer("delete-draft", "draft")
    for draft in _drafts(offer, offer.proposal.what, drafting.case):
        if _RELATIVE.fullmatch(draft.reference):
            label = f"{text.label}: {_draft_name(draft, drafting)}"
            yield {"type": "delete", "description": label, "resourceId": draft.reference}


def _changes(offer: Offer, drafting: Drafting) -> Iterator[Action]:
    proposal = offer.proposal
    text = drafting.words.offer("change-draft", proposal.what)
    on = proposal.on
    if on is None and proposal.what == "end_date":
        on = add_days(drafting.case.today, _SHORT_COURSE)
    words = ChangeText(drafting.fill(text.text), drafting.fill(text.text), text.dosage, text.instruction)
    for draft in _drafts(offer, proposal.drug, drafting.case):
        raw = drafting.received.get(draft.reference)
        resource = changed(raw, proposal.what, drafting.context, words, on) if raw is not None else None
        if resource is not None:
            label = _dated(drafting.fill(text.label), on, drafting)
            yield {"type": "update", "description": label, "resource": resource}


def _drafts(offer: Offer, of: str, case: Case) -> list[AnyDraft]:
    """The drafts meant: those of the drug or concept `of`, else those the entry rests on. Stops only if no other."""
    drafts = case.facts.drafts
    ordered: list[AnyDraft] = [*drafts.medications, *drafts.services, *drafts.referrals]
    if not of:
        return [draft for draft in [*ordered, *drafts.stops] if draft in offer.fired.answer.evidence]
    found = [draft for draft in ordered if of in _names(draft)]
    return found or [draft for draft in drafts.stops if of in draft.drugs]


def _names(draft: AnyDraft) -> frozenset[str]:
    return draft.concepts if isinstance(draft, DraftService) else draft.drugs


def _draft_name(draft: AnyDraft, drafting: Drafting) -> str:
    say = drafting.words.say
    if isinstance(draft, DraftService):
        return concepts(draft.concepts, say)
    name = drugs(draft.drugs, say, draft.course.display if isinstance(draft, DraftMedication) else "")
    return say.term("evidence.draft_stop_name").format(what=name) if isinstance(draft, DraftStop) else name
