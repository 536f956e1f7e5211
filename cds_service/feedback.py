"""What clinicians did with the cards, as the specification's feedback endpoint receives it.

It is checked here and counted in the log; the store keeps it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from cds_service.depth import refuse_deep
from cds_service.refusal import RefusedError
from cds_service.wire import NonEmpty, Uuid, check_text, decode

#: What each field should have been, for the message that refuses it.
EXPECTED: Final[Mapping[str, str]] = {
    "": "a JSON object with feedback, a list",
    "feedback": "a list with one object for each card acted on",
    "feedback.card": "the uuid of the card, as the service's answer named it",
    "feedback.outcome": '"accepted" or "overridden"',
    "feedback.outcomeTimestamp": 'a time with its offset, such as "2025-03-10T10:05:31Z"',
    "feedback.acceptedSuggestions": 'with "accepted" a list of {"id": uuid of the suggestion}, at least one',
    "feedback.acceptedSuggestions.id": "the uuid of the suggestion, as the service's answer named it",
    "feedback.overrideReason": "an object with reason, userComment or both",
    "feedback.overrideReason.reason": "a coding with code and system",
    "feedback.overrideReason.reason.code": "the code of an override reason",
    "feedback.overrideReason.reason.system": "the code system of an override reason, a URI",
    "feedback.overrideReason.userComment": "a text",
}


class _Coding(msgspec.Struct):
    code: NonEmpty
    system: str | None = None
    display: str | None = None


class _OverrideReason(msgspec.Struct, rename="camel"):
    reason: _Coding | None = None
    user_comment: str | None = None


class _AcceptedSuggestion(msgspec.Struct):
    id: Uuid


class Feedback(msgspec.Struct, rename="camel"):
    """What was done with one card."""

    card: Uuid
    outcome: Literal["accepted", "overridden"]
    outcome_timestamp: Annotated[datetime, Meta(tz=True)]
    accepted_suggestions: list[_AcceptedSuggestion] | None = None
    override_reason: _OverrideReason | None = None


class _Body(msgspec.Struct):
    feedback: list[Feedback]


def read_feedback(body: bytes) -> list[Feedback]:
    """The feedback in a body; RefusedError names the field that is wrong."""
    check_text(body, EXPECTED)
    items = decode(_BODY, body, expected=EXPECTED).feedback
    refuse_deep(body)
    for index, item in enumerate(items):
        _refuse_incomplete(item, f"feedback[{index}]")
    return items


def outcomes(items: list[Feedback]) -> Counter[str]:
    """How many cards were accepted and overridden, for audit and metrics."""
    return Counter(item.outcome for item in items)


def _refuse_incomplete(item: Feedback, path: str) -> None:
    if item.outcome == "accepted" and not item.accepted_suggestions:
        field = f"{path}.acceptedSuggestions"
        expected = EXPECTED["feedback.acceptedSuggestions"]
        raise RefusedError(400, "required", f"{field} is missing or empty: expected {expected}.", field)
    reason = item.override_reason
    if reason is not None and reason.reason is None and not reason.user_comment:
        field = f"{path}.overrideReason"
        expected = EXPECTED["feedback.overrideReason"]
        raise RefusedError(400, "required", f"{field} is empty: expected {expected}.", field)


_BODY: Final = msgspec.json.Decoder(_Body)
