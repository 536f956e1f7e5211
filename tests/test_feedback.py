"""Feedback: checked by the specification. test_memory.py says what becomes of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from cds_service.feedback import read_feedback
from cds_service.refusal import RefusedError
from tests.conftest import ServiceClient
from tests.schemas import check, problems

CARD = "4e0a3a1e-3283-4575-ab82-028d55fe2719"
SUGGESTION = "e56e1945-20b3-4393-8503-a1a20fd73152"
ACCEPTED = {
    "card": CARD,
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": SUGGESTION}],
    "outcomeTimestamp": "2025-03-10T10:05:31Z",
}
OVERRIDDEN: dict[str, Any] = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2025-03-10T10:05:31.52+01:00"}
REASON = {"reason": {"code": "patient-declined", "system": "http://example.org/reasons"}, "userComment": "not now"}
PATH = "/cds-services/osteoporosis-patient-view/feedback"


@pytest.fixture
def service(keeping: ServiceClient) -> ServiceClient:
    """A service that can keep feedback."""
    return keeping


@pytest.mark.parametrize(
    "feedback",
    [
        [],
        [ACCEPTED],
        [OVERRIDDEN],
        [OVERRIDDEN | {"overrideReason": REASON}],
        [OVERRIDDEN | {"overrideReason": {"userComment": "not now"}}],
        [OVERRIDDEN | {"overrideReason": {"reason": {"code": "x"}}}],
        [ACCEPTED, OVERRIDDEN, ACCEPTED],
        [ACCEPTED | {"futureMember": 1}],
        [OVERRIDDEN | {"outcomeTimestamp": "0001-01-01T00:00:00+14:00"}],
        [OVERRIDDEN | {"outcomeTimestamp": "9999-12-31T23:59:59.999999-12:00"}],
    ],
)
def test_feedback_by_the_specification_is_taken(service: ServiceClient, feedback: list[dict[str, Any]]) -> None:
    body = {"feedback": feedback}
    check("feedback", body)
    answer = service.post(PATH, body)
    assert (answer.status_code, answer.get_json()) == (200, {})


@pytest.mark.parametrize(
    ("feedback", "field"),
    [
        ({"card": CARD}, "feedback"),
        (["text"], "feedback[0]"),
        ([OVERRIDDEN, ACCEPTED | {"card": "card-1"}], "feedback[1].card"),
        ([ACCEPTED | {"outcome": "ignored"}], "feedback[0].outcome"),
        ([ACCEPTED | {"outcomeTimestamp": "2025-03-10"}], "feedback[0].outcomeTimestamp"),
        ([ACCEPTED | {"outcomeTimestamp": "2025-03-10T10:05:31"}], "feedback[0].outcomeTimestamp"),
        ([ACCEPTED | {"acceptedSuggestions": []}], "feedback[0].acceptedSuggestions"),
        ([OVERRIDDEN | {"outcome": "accepted"}], "feedback[0].acceptedSuggestions"),
        ([ACCEPTED | {"acceptedSuggestions": [{}]}], "feedback[0].acceptedSuggestions[0].id"),
        ([ACCEPTED | {"acceptedSuggestions": [{"id": "s-1"}]}], "feedback[0].acceptedSuggestions[0].id"),
        ([OVERRIDDEN | {"overrideReason": "no"}], "feedback[0].overrideReason"),
        ([OVERRIDDEN | {"overrideReason": {}}], "feedback[0].overrideReason"),
        ([OVERRIDDEN | {"overrideReason": {"userComment": ""}}], "feedback[0].overrideReason"),
        ([OVERRIDDEN | {"overrideReason": {"reason": {}}}], "feedback[0].overrideReason.reason.code"),
        ([OVERRIDDEN | {"overrideReason": {"reason": {"code": ""}}}], "feedback[0].overrideReason.reason.code"),
        ([OVERRIDDEN | {"overrideReason": {"userComment": 7}}], "feedback[0].overrideReason.userComment"),
    ],
)
def test_the_member_that_is_wrong_is_named(service: ServiceClient, feedback: Any, field: str) -> None:
    body = {"feedback": feedback}
    assert problems("feedback", body)
    issue = service.refused(PATH, body, status=400)
    assert issue["expression"] == [field]
    assert "expected" in issue["diagnostics"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"feedback": null}', b'{"feedback": "' + b"\xff" + b'"}'])
def test_what_is_no_feedback_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        read_feedback(body)
    assert caught.value.status == 400


def test_a_missing_member_is_named() -> None:
    for name in ("card", "outcome", "outcomeTimestamp"):
        body = {"feedback": [{key: value for key, value in ACCEPTED.items() if key != name}]}
        with pytest.raises(RefusedError) as caught:
            read_feedback(orjson.dumps(body))
        assert caught.value.field == f"feedback[0].{name}"


def test_feedback_of_an_unknown_service_is_refused(service: ServiceClient) -> None:
    service.refused("/cds-services/none/feedback", {"feedback": []}, status=404)


def test_a_comment_is_not_logged(
    keeping: ServiceClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    keeping.post(PATH, {"feedback": [OVERRIDDEN | {"overrideReason": {"userComment": "secret-0107571234"}}]})
    keeping.refused(PATH, {"feedback": [{"card": "secret-0107571234"}]}, status=400)
    audit = capsys.readouterr().err
    assert '"feedback":{"overridden":1,"unknown":1}' in audit
    assert "secret-0107571234" not in caplog.text + audit
