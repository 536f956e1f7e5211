"""The log names the call and what it led to, and nothing of the patient."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from cds_service.logs import FORMAT, QuietFormatter
from tests.conftest import ServiceClient
from tests.examples import bundle, changed, request, t_score

SECRET = "secret-0107571234"


def test_a_call_is_one_line(service: ServiceClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    service.answer(request())
    [line] = caplog.messages
    assert "service=osteoporosis-patient-view" in line
    assert "hookInstance=d1577c69-dfbe-44ad-ba6d-3e05e953b2ea" in line
    assert "TX-IND-1" in line
    assert re.search(r" ms=\d+\.\d", line)


def test_nothing_of_the_patient_is_in_it(
    service: ServiceClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every text of a request is marked; none of the marks may come back anywhere but in the answer."""
    caplog.set_level("DEBUG")
    for hook in ("patient-view", "order-select", "order-sign"):
        body = marked(request(hook))
        path = f"/cds-services/osteoporosis-{hook}"
        service.post(path, body)
        for name in ("context", "hookInstance", "hook", "prefetch"):
            service.post(path, body | {name: SECRET})
        service.post(f"/cds-services/{SECRET}", body)
        service.post(f"/{SECRET}?patient={SECRET}", body)
    output = capfd.readouterr()
    assert SECRET not in caplog.text + output.out + output.err


def marked(body: dict[str, Any]) -> dict[str, Any]:
    """The request with patient data everywhere that text may stand, and a broken value in each resource."""
    body = changed(body, "context.patientId", SECRET)
    body["context"]["encounterId"] = SECRET
    body["fhirServer"] = f"https://ehr.example.org/{SECRET}"
    body["fhirAuthorization"] = {
        "access_token": SECRET,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": SECRET,
        "subject": SECRET,
    }
    body["prefetch"]["patient"] |= {"id": SECRET, "name": [{"family": SECRET}]}
    broken = t_score(number=2, patient_id=SECRET) | {"effectiveDateTime": SECRET}
    unreadable = t_score(number=3, patient_id=SECRET) | {"valueQuantity": {"value": 1, "unit": SECRET}}
    noted = t_score(number=4, patient_id=SECRET) | {"note": [{"text": SECRET}]}
    body["prefetch"]["observations"] = bundle(broken, unreadable, noted)
    body["prefetch"][SECRET] = SECRET
    return body


def test_an_exception_is_logged_without_its_message() -> None:
    """Whoever logs it, and also after another handler has written it in full."""
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raised = (KeyError, error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "rule failed", (), raised)
    assert SECRET in logging.Formatter().format(record)
    line = QuietFormatter(FORMAT).format(record)
    assert SECRET not in line
    assert "KeyError at test_log.py" in line
