"""The workbench without a browser: its pages over HTTP, and forms as the page itself sends them."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import orjson
from werkzeug.test import TestResponse

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.store.memory import Memory
from tests.examples import TODAY

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
#: A woman of 70 with osteoporosis at the hip, and a smoker.
WOMAN = {
    "sex": "female",
    "age": "70",
    "menopause": "post",
    "smoking": "current",
    "scans-0-site": "total_hip",
    "scans-0-value": "−2,8",
    "scans-0-on": "20.02.2025",
}


class Workbench:
    """A service with its workbench on a day."""

    def __init__(self, settings: Settings | None = None, day: date = TODAY, memory: Memory | None = None) -> None:
        self.http = create_app(settings or Settings(), lambda: day, memory=memory).test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        """A page."""
        return self.http.get(path, headers=headers)

    def post(self, path: str, form: dict[str, Any], headers: dict[str, str] | None = None) -> TestResponse:
        """A form, sent by the page itself unless `headers` say otherwise."""
        return self.http.post(path, data=form, headers=OWN if headers is None else headers)

    def advice(self, record: object, **fields: str) -> TestResponse:
        """What the page answers to a pasted record."""
        text = record if isinstance(record, str) else orjson.dumps(record).decode()
        return self.post("/workbench/advice", {"record": text, **fields})


def area(page: TestResponse, name: str) -> Any:
    """The JSON in a text area of the page."""
    found = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    assert found is not None, name
    return orjson.loads(unescape(found[1]))


def fired(page: TestResponse) -> list[str]:
    """The recommendations that hold, by the answer shown on the page."""
    evaluation = area(page, "answer")["extension"]["org.osteo-cds.evaluation"]
    return [each["id"] for each in evaluation["fired"]]


def summaries(page: TestResponse) -> list[str]:
    """The headings of the cards on the page."""
    return [unescape(text) for text in re.findall(r"-summary\"><bdi>(.*?)</bdi></h3>", page.text)]
