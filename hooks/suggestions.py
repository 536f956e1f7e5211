"""The suggestions of a card: what is offered, as buttons with their actions.

At most five; blood tests for the same day are one button; the same draft is offered once in a
whole answer. What a draft says comes from texts, how it is written from fhir_mappings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
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

AnyDraft = DraftMedication | DraftService | DraftStop | DraftReferral


class Suggestion(Struct, frozen=True):
    """One button: its label and the actions behind it."""

    label: str
    actions: tuple[dict[str, Any], ...]


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
    new = [o for o in offers(members, drafting.case) if o.key not in drafting.offered]
    found = [(group, made) for group in _grouped(new) if (made := _suggestion(group, drafting)) is not None]
    while len(found) > MOST:
        found.remove(max(reversed(found[1:]), key=_dispensable))
    drafting.offered.update(offer.key for group, _ in found for offer in group)
    return [made for _, made in found]


def _dispensable(found: tuple[list[Offer], Suggestion]) -> int:
    """What goes first when there are too many: notes, then messages, plans, tasks; the later before the earlier."""
    return _LESS.get(found[0][0].proposal.kind, 0)


def _grouped(found: list[Offer]) -> Iterator[list[Offer]]:
    """Offers that share a button: the blood tests of one day; DXA and VFA of one day."""
    groups: dict[tuple[str, ...], list[Offer]] = {}
    for offer in found:
        groups.setdefault(_group(offer), []).append(offer)
    yield from groups.values()


def _group(offer: Offer) -> tuple[str, ...]:
    proposal = offer.proposal
    day = str(proposal.on or "")
    if _is_blood_test(proposal.what) and proposal.kind == "order":
        return ("blood", day)
    if proposal.kind == "order" and proposal.what in ("dxa", "vfa"):
        return ("scan", day)
    return (proposal.kind, proposal.what, proposal.drug)


def _is_blood_test(concept: str) -> bool:
    return concept == "calcium" or (concept not in _APART and is_measured(concept))


def _suggestion(group: list[Offer], drafting: Drafting) -> Suggestion | None:
    first = group[0]
    kinds = {offer.proposal.what for offer in group}
    if first.proposal.kind == "order" and kinds == {"dxa", "vfa"}:
        return _created(_order(first, "dxa_vfa", drafting))
    made = [pair for offer in group for pair in _made(offer, drafting)]
    if len(made) < 2 or first.proposal.kind != "order":
        return Suggestion(made[0][0], tuple(action for _, action in made)) if made else None
    names = [named(drafting.words.say, offer.proposal.what, "concept") for offer in group]
    listed = f": {drafting.words.say.list(names)}" if len(names) <= _NAMED_TESTS else f" ({len(names)})"
    label = f"{drafting.words.offer('order', 'blood_tests').label}{listed}"
    return Suggestion(_dated(label, first.proposal.on, drafting), tuple(action for _, action in made))


def _created(pair: tuple[str, Resource]) -> Suggestion:
    return Suggestion(pair[0], (_create(*pair),))


def _create(label: str, resource: Resource) -> dict[str, Any]:
    return {"type": "create", "description": label, "resource": resource}


def _made(offer: Offer, drafting: Drafting) -> Iterator[tuple[str, dict[str, Any]]]:
    """The label and action of an offer; several for the drafts it deletes, none when it does not fit."""
    proposal = offer.proposal
    if proposal.kind == "delete-draft":
        yield from _deletions(offer, drafting)
    elif proposal.kind == "change-draft":
        yield from _changes(offer, drafting)
    elif proposal.kind == "order":
        pair = _order(offer, proposal.what, drafting)
        yield pair[0], _create(*pair)
    else:
        text = drafting.words.offer(proposal.kind, proposal.what)
        words = drafting.fill(text.label)
        label = _dated(words, proposal.on, drafting)
        yield label, _create(label, _resource(proposal, _title(words), text, drafting))


def _resource(proposal: Proposal, title: str, text: OfferText, drafting: Drafting) -> Resource:
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
            return care_plan(context, title, body, steps)
        case "note":
            return document(context, title, body)
        case _:
            return task(context, title, body, proposal.on)


def _title(label: str) -> str:
    """What the button makes, without the verb before the colon."""
    name = label.partition(": ")[2] or label
    return name[:1].upper() + name[1:]


def _order(offer: Offer, what: str, drafting: Drafting) -> tuple[str, Resource]:
    """A test, scan or service. A blood test needs no words of its own."""
    words, on = drafting.words, offer.proposal.on
    if ("order", what) in words.offers:
        text = words.offer("order", what)
        label, body, instruction = drafting.fill(text.label), drafting.fill(text.text), text.instruction
    else:
        body, instruction = named(words.say, what, "concept"), ""
        label = f"{words.offer('order', 'blood_tests').label}: {body}"
    reason = "" if _is_blood_test(what) else words.title(offer.fired.rule.id, offer.fired.rule.title)
    order = service_request(drafting.context, what, body, on, reason=reason, instruction=instruction)
    return _dated(label, on, drafting), order


def _dated(label: str, on: date | None, drafting: Drafting) -> str:
    return f"{label} ({drafting.words.say.day(on)})" if on is not None and on > drafting.case.today else label


def _deletions(offer: Offer, drafting: Drafting) -> Iterator[tuple[str, dict[str, Any]]]:
    text = drafting.words.offer("delete-draft", "draft")
    for draft in _drafts(offer, offer.proposal.what, drafting.case):
        if _RELATIVE.fullmatch(draft.reference):
            label = f"{text.label}: {_draft_name(draft, drafting)}"
            yield label, {"type": "delete", "description": label, "resourceId": draft.reference}


def _changes(offer: Offer, drafting: Drafting) -> Iterator[tuple[str, dict[str, Any]]]:
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
            yield label, {"type": "update", "description": label, "resource": resource}


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
