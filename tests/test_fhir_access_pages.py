"""Pages: followed on the same server, as one Bundle, also from where prefetch left off."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

import msgspec
import orjson
import pytest
from msgspec import Raw

from cds_service.fhir_access import Completed, FhirAccess, fetch_missing
from cds_service.fhir_access.gaps import lacking
from cds_service.fhir_access.pages import MOST_PAGES, merged, read_page
from cds_service.fhir_access.queries import search_url
from cds_service.settings import Settings
from cds_service.wire import read_envelope, read_request
from fhir_mappings import Partial
from fhir_mappings.bundles import Bundle, read_value
from fhir_mappings.facts import SourceState
from hooks.services import SERVICES
from tests.conftest import ServiceClient
from tests.examples import PATIENT_ID, bundle, request, smoker, t_score
from tests.fhir_server import Behaviour, after, answer, fhir_server, offering, silence

VIEW = SERVICES[0]
PATIENCE = Settings(fetch_deadline_ms=20_000)


def page(*resources: dict[str, Any], then: str | None = None) -> dict[str, Any]:
    """A searchset; `then`: where the next page is."""
    links = [{"relation": "self", "url": "x"}, *([{"relation": "next", "url": then}] if then is not None else [])]
    return {**bundle(*resources), "link": links}


def by_page(pages: dict[str, dict[str, Any]]) -> Behaviour:
    """The page a URL names with `page=`, the first without."""

    def behave(connection: socket.socket, path: str) -> bool:
        return answer(pages[path.partition("page=")[2]])(connection, path)

    return behave


def fetched(body: dict[str, Any], settings: Settings = PATIENCE) -> Completed:
    made = read_request(read_envelope(orjson.dumps(body)), VIEW.hook)
    return fetch_missing(made, VIEW, None, settings, FhirAccess(settings))


def ids(value: object) -> list[str]:
    """The ids of the resources of a Bundle, or of the part of one."""
    part = value.value if isinstance(value, Partial) else value
    part = msgspec.json.encode(part) if isinstance(part, Bundle) else part
    assert isinstance(part, Raw | bytes)
    return [entry["resource"]["id"] for entry in orjson.loads(bytes(part)).get("entry", ())]


def numbered(number: int) -> dict[str, Any]:
    return t_score(number=number)


def test_pages_are_followed_to_the_end() -> None:
    with fhir_server() as server:
        pages = {
            "": page(numbered(1), then=f"{server.base}/Observation?page=2"),
            "2": page(numbered(2), then="Observation?page=3"),
            "3": page(numbered(3)),
        }
        server.answers["Observation"] = by_page(pages)
        found = fetched(offering(request(), server.base, "observations"))
    assert found.reasons == {}
    assert ids(found.request.prefetch["observations"]) == ["t-1", "t-2", "t-3"]


def test_the_entries_stay_the_bytes_they_were() -> None:
    entry = b'{ "resource" : {"resourceType":"Observation","id":"odd","valueQuantity":{"value":1.50}} }'
    with fhir_server() as server:
        first = orjson.dumps({"relation": "next", "url": f"{server.base}/Observation?page=2"})
        pages = {"": b'{"resourceType":"Bundle","link":[%b],"entry":[%b]}' % (first, entry), "2": bundle()}
        server.answers["Observation"] = by_page(pages)  # type: ignore[arg-type]
        found = fetched(offering(request(), server.base, "observations"))
    assert entry in bytes(found.request.prefetch["observations"])  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_prefetched_page_is_gone_on_from(place: str) -> None:
    """Also when the link stands after the entries; the first page is not asked for again."""
    client = ServiceClient(PATIENCE)
    with fhir_server(Observation=answer(page(smoker()))) as server:
        body = offering(request(), server.base)
        link = {"link": page(then=f"{server.base}?_getpages=7")["link"]}
        many = {**bundle(*(t_score(value=-1.0, number=n, code="1-1") for n in range(40)), t_score())}
        body["prefetch"]["observations"] = {**link, **many} if place == "first" else {**many, **link}
        server.answers[""] = answer(page(smoker()))
        found = client.answer(body)
        assert server.paths == ["/fhir?_getpages=7"]
    complete = request()
    complete["prefetch"]["observations"] = bundle(*many_of(many), smoker())
    assert found == client.answer(complete)


def many_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in found["entry"]]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.org/fhir/Observation?page=2",
        "http://169.254.169.254/fhir/Observation?page=2",
        "//evil.example.org/fhir/Observation",
        "http://127.0.0.1:1/fhir/Observation",
        "../admin",
        "/other/Observation",
        "file:///etc/passwd",
        "http://[",
        "",
    ],
)
@pytest.mark.parametrize("prefetched", [True, False])
def test_a_link_elsewhere_is_not_followed(link: str, prefetched: bool) -> None:
    with fhir_server() as server:
        body = offering(request(), server.base, *(() if prefetched else ("observations",)))
        if prefetched:
            body["prefetch"]["observations"] = page(numbered(1), then=link)
        else:
            server.answers["Observation"] = answer(page(numbered(1), then=link))
        server.answers["admin"] = silence
        found = fetched(body)
        assert len(server.asked) == (0 if prefetched else 1)
    assert found.reasons == {"observations": "next page is not on the FHIR server"}
    value = found.request.prefetch["observations"]
    assert isinstance(value, Partial)
    assert ids(value) == ["t-1"]


def test_pages_that_hold_fewer_than_their_total_are_not_the_whole() -> None:
    first = read_page(orjson.dumps(bundle(numbered(1), numbered(2)) | {"total": 5}))
    second = read_page(orjson.dumps(bundle(numbered(3)) | {"total": 5}))
    source, items = read_value("observations", "Observation", merged([first, second]), [])
    assert (source.state, source.reason) == (SourceState.PARTIAL, "fewer entries than its total")
    assert len(items) == 3


def test_pages_that_turn_in_a_circle_end() -> None:
    with fhir_server() as server:
        pages = {
            "": page(numbered(1), then="Observation?page=2"),
            "2": page(numbered(2), then="Observation?page=3"),
            "3": page(numbered(3), then=f"{server.base}/Observation?page=2"),
        }
        server.answers["Observation"] = by_page(pages)
        found = fetched(offering(request(), server.base, "observations"))
        assert len(server.asked) == 3
    assert found.reasons == {"observations": "next page was read already"}
    assert ids(found.request.prefetch["observations"]) == ["t-1", "t-2", "t-3"]


def test_endless_pages_end_at_the_cap() -> None:
    def behave(connection: socket.socket, path: str) -> bool:
        number = int(path.partition("page=")[2] or 1)
        return answer(page(numbered(number), then=f"Observation?page={number + 1}"))(connection, path)

    with fhir_server(Observation=behave) as server:
        found = fetched(offering(request(), server.base, "observations"))
        assert len(server.asked) == MOST_PAGES
    value = found.request.prefetch["observations"]
    assert isinstance(value, Partial)
    assert value.reason == "not all of it: more pages than are read"
    assert len(ids(value)) == MOST_PAGES


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (answer(b"", 500), "FHIR server failed (HTTP 500)"),
        (answer(b'{"resourceType": "Bun'), "answer is truncated or broken"),
        (answer(t_score()), "answer is another resource than asked for"),
        (silence, "no answer within the deadline"),
    ],
)
def test_a_page_that_fails_leaves_what_came_before(second: Behaviour, reason: str) -> None:
    """PARTIAL, and said so in the answer; what was read is used."""

    def behave(connection: socket.socket, path: str) -> bool:
        if "page=2" in path:
            return second(connection, path)
        return answer(page(t_score(), smoker(), then="Observation?page=2"))(connection, path)

    client = ServiceClient(replace(PATIENCE, fetch_deadline_ms=600 if second is silence else 20_000))
    with fhir_server(Observation=behave) as server:
        found = client.answer(offering(request(), server.base, "observations"))
    evaluation = found["extension"]["org.osteo-cds.evaluation"]
    assert evaluation["issues"] == [{"reference": "prefetch.observations", "problem": f"not all of it: {reason}"}]
    assert found["cards"]


def test_pages_share_the_deadline() -> None:
    slow = after(0.15, answer(page(numbered(1), then="Observation?page=2")))
    with fhir_server(Observation=slow) as server:

        def behave(connection: socket.socket, path: str) -> bool:
            number = int(path.partition("page=")[2] or 1)
            return after(0.15, answer(page(numbered(number), then=f"Observation?page={number + 1}")))(connection, path)

        server.answers["Observation"] = behave
        found = fetched(offering(request(), server.base, "observations"), Settings())
    assert found.reasons == {"observations": "no answer within the deadline"}
    assert 1 <= len(ids(found.request.prefetch["observations"])) <= 2


def test_a_prefetched_page_without_access_to_more_keeps_its_reason() -> None:
    client = ServiceClient(Settings(fhir_servers=()))
    body = offering(request(), "https://ehr.example.org/fhir")
    body["prefetch"]["observations"] = page(t_score(), then="https://ehr.example.org/fhir?page=2")
    [issue] = client.answer(body)["extension"]["org.osteo-cds.evaluation"]["issues"]
    assert issue["problem"] == "not all of it, and not fetched: FHIR server is not on the allow-list"


# --- what is lacking, and what is asked ------------------------------------------------------


def raw(value: object) -> Raw:
    return Raw(orjson.dumps(value))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "whole"),
        (bundle(), "whole"),
        (bundle(t_score()), "whole"),
        (t_score(), "whole"),
        ({**bundle(t_score()), "type": "next"}, "whole"),
        (bundle({**t_score(), "note": [{"text": 'the "next" one, "entry"'}]}), "whole"),
        ({"type": "searchset", "resourceType": "Bundle"}, "whole"),
        (page(t_score(), then="y"), "y"),
        ({"entry": [], "link": [{"relation": "next", "url": "y"}], "resourceType": "Bundle"}, "y"),
        ({"resourceType": "Bundle", "link": [{"relation": "next"}]}, ""),
        ({"resourceType": "Bundle", "link": [{"relation": "next"}, 7]}, ""),
        ({"resourceType": "OperationOutcome"}, None),
        ({"resourceType": "Condition"}, None),
        ({"resourceType": "Bundles"}, None),
        ({"resourceType": 7}, None),
        ("null", None),
        ({}, None),
    ],
)
def test_what_counts_as_delivered(value: object, found: str | None) -> None:
    expected = {} if found == "whole" else {"observations": found}
    assert lacking({"observations": raw(value)}, {"observations": "Observation?patient=1"}) == expected


def test_what_is_lacking_is_seen_in_spaced_json_too() -> None:
    spaced = Raw(msgspec.json.format(orjson.dumps(page(t_score(), then="y")), indent=4))
    assert lacking({"observations": spaced}, {"observations": "Observation?patient=1"}) == {"observations": "y"}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.hook)
def test_every_template_can_be_filled(service: Any) -> None:
    for template in service.prefetch.values():
        url = search_url("https://ehr.example.org/fhir", template, PATIENT_ID)
        assert "{" not in url
        assert f"patient={PATIENT_ID}&" in url or url.endswith(f"/Patient/{PATIENT_ID}")
        assert len(url) < 2000


def test_a_token_that_is_not_known_is_no_query() -> None:
    with pytest.raises(ValueError, match=r"context\.encounterId"):
        search_url("https://ehr.example.org/fhir", "Encounter/{{context.encounterId}}", PATIENT_ID)
