"""The floor: the same server, parse the whole body with orjson, answer three static cards."""

from __future__ import annotations

import orjson
from flask import Flask, Response, request

app = Flask("floor")

_CARD = {
    "uuid": "8b4d6a70-9d0c-4c5a-8f5b-0b7f6d0c1a2e",
    "summary": "A static card of the usual length, written once at start",
    "detail": "Nothing is read from the request. " * 20,
    "indicator": "info",
    "source": {"label": "floor"},
}
_CARDS = orjson.dumps({"cards": [_CARD, _CARD, _CARD]})


@app.post("/cds-services/<service>")
def answer(service: str) -> Response:
    """Parse and answer."""
    del service
    orjson.loads(request.get_data())
    return Response(_CARDS, content_type="application/json")
