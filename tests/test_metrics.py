"""The metrics: what is counted, under which labels, by several workers together, and who may read it."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from cds_service.calls import Call
from cds_service.fhir_access import reasons
from cds_service.metrics import FETCH_FAILURES, FOLDER, Metrics
from cds_service.settings import Settings
from tests.conftest import ServiceClient
from tests.examples import changed, request
from tests.real_server import VIEW, Running, serving
from tests.test_audit import ACCEPTED, FEEDBACK

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: bytes) -> Samples:
    """Every sample of an exposition, by name and labels."""
    families = text_string_to_metric_families(text.decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    """The sum of the samples of a name that have these labels."""
    wanted = frozenset(labels.items())
    return sum(number for (each, has), number in found.items() if each == f"osteo_cds_{name}" and wanted <= has)


@pytest.fixture
def measured() -> ServiceClient:
    return ServiceClient(Settings())


def scraped(service: ServiceClient) -> Samples:
    answer = service.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return samples(answer.data)


def call(**noted: Any) -> Call:
    return Call("id", 0.0, datetime.now(UTC), kind="call", status=200, **noted)


def test_calls_are_counted_by_service_status_and_outcome(measured: ServiceClient) -> None:
    measured.discovery()
    measured.answer(request())
    measured.answer(request())
    measured.post(VIEW, changed(request(), "prefetch", {}))
    measured.post("/cds-services/none", request())
    measured.http.get("/none")
    found = scraped(measured)
    assert value(found, "calls_total", service="osteoporosis-patient-view", status="200", outcome="complete") == 2
    assert value(found, "calls_total", service="osteoporosis-patient-view", status="412", outcome="refused") == 1
    assert value(found, "calls_total", kind="call", service="none", status="404") == 1
    assert value(found, "calls_total", kind="other", service="none", status="404") == 1
    assert value(found, "calls_total", kind="discovery") == 1
    assert value(found, "calls_total") == 6, "scrapes are not counted"


def test_each_part_has_its_times(measured: ServiceClient) -> None:
    measured.answer(request())
    found = scraped(measured)
    for part in ("parse", "rules", "write"):
        assert value(found, "part_seconds_count", part=part) == 1
    assert value(found, "part_seconds_count", part="fetch") == 0, "nothing was fetched"
    spent = value(found, "part_seconds_sum")
    assert 0 < spent <= value(found, "call_seconds_sum", kind="call")
    metrics = Metrics()
    slow = call()
    slow.spent("fetch", 30.0)
    slow.spent("fetch", 5.0)
    metrics(slow)
    assert value(samples(metrics.text()), "part_seconds_sum", part="fetch") == pytest.approx(0.035)


def test_cards_and_unknown_facts_are_counted_by_name(measured: ServiceClient) -> None:
    answer = measured.answer(request())
    found = scraped(measured)
    assert answer["cards"]
    for card in answer["cards"]:
        leading = card["source"]["topic"]["code"]
        assert value(found, "cards_total", recommendation=leading, indicator=card["indicator"]) == 1
    needs = {need for each in answer["extension"]["org.osteo-cds.evaluation"]["unknown"] for need in each["needs"]}
    assert needs
    counted = {dict(labels)["concept"] for name, labels in found if name == "osteo_cds_unknown_facts_total"}
    assert counted == needs
    assert value(found, "unknown_facts_total") == len(needs), "each fact once for each call"


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_every_name_of_an_answer_is_on_the_lists(measured: ServiceClient, hook: str) -> None:
    measured.answer(request(hook))
    measured.answer(changed(request(hook), "prefetch", {"patient": request(hook)["prefetch"]["patient"]}))
    found = scraped(measured)
    assert value(found, "unknown_facts_total") > 0
    assert value(found, "unknown_facts_total", concept="other") == 0
    assert value(found, "cards_total", recommendation="other") == 0


def test_feedback_is_counted_by_outcome(measured: ServiceClient) -> None:
    overridden = {"card": ACCEPTED["card"], "outcome": "overridden", "outcomeTimestamp": ACCEPTED["outcomeTimestamp"]}
    measured.post(FEEDBACK, {"feedback": [ACCEPTED, overridden, overridden]})
    found = scraped(measured)
    assert value(found, "feedback_total", outcome="accepted") == 1
    assert value(found, "feedback_total", outcome="overridden") == 2


@pytest.mark.parametrize("reason", [*sorted(FETCH_FAILURES), "Patient/0107571234 not found"])
def test_failed_fetches_are_counted_by_reason(reason: str) -> None:
    metrics = Metrics()
    metrics(call(fetch_failures=Counter({reason: 3})))
    told = metrics.text()
    assert value(samples(told), "fetch_failures_total", reason=reason if reason in FETCH_FAILURES else "other") == 3
    assert b"0107571234" not in told


def test_every_reason_of_a_failed_fetch_has_its_class() -> None:
    words = [word for name, word in vars(reasons).items() if name.isupper() and isinstance(word, str)]
    classes = {reasons.class_of(word) for word in (*words, *map(reasons.of_status, (302, 401, 404, 418, 429, 503)))}
    assert classes == FETCH_FAILURES
    assert {reasons.class_of(word) for word in (reasons.RESTING, reasons.BUSY)} == {"not-asked"}


def test_no_label_is_the_callers_word() -> None:
    """However many different names come in, the metrics stay as long as they are."""
    metrics = Metrics()
    for number in range(200):
        name = f"name-{number}"
        metrics(call(cards=[(name, name)], unknown=frozenset({name}), feedback={name: 1}))
    told = metrics.text()
    assert b"name-" not in told
    found = samples(told)
    assert value(found, "cards_total", recommendation="other", indicator="other") == 200
    assert value(found, "unknown_facts_total", concept="other") == 200
    assert value(found, "feedback_total", outcome="other") == 200


@pytest.mark.parametrize(
    ("readers", "address", "headers", "status"),
    [
        ("loopback", "127.0.0.1", {}, 200),
        ("loopback", "::1", {}, 200),
        ("loopback", "192.0.2.7", {}, 403),
        ("loopback", "127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403),
        ("loopback", "127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 403),
        ("all", "192.0.2.7", {}, 200),
        ("off", "127.0.0.1", {}, 403),
    ],
)
def test_who_may_read_them(readers: Any, address: str, headers: dict[str, str], status: int) -> None:
    service = ServiceClient(Settings(metrics=readers))
    answer = service.http.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert "OSTEO_CDS_METRICS" in orjson.loads(answer.data)["issue"][0]["diagnostics"]


def test_several_workers_add_up_and_dead_ones_stay_counted(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as server:
        body = orjson.dumps(request())
        workers = ask_until_all_have_answered(server, body)
        found = samples(server.call("GET", "/metrics").body)
        counted = value(found, "calls_total", kind="call", status="200")
        assert counted == len(server.records())
        assert value(found, "workers") == 2
        [folder] = tmp_path.glob("osteo-cds-metrics-*")
        os.kill(workers.pop(), signal.SIGKILL)
        ask_until_all_have_answered(server, body, new=workers)
        found = samples(server.call("GET", "/metrics").body)
        assert value(found, "calls_total", kind="call", status="200") == len(server.records()) > counted
        assert value(found, "workers") == 2, "the one that answers now, not the dead one"
        server.stop()
        assert not folder.exists()


def test_a_file_that_is_being_made_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that starts to count makes an empty file first."""
    file = tmp_path / "counter_1.db"
    file.touch()
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setattr("cds_service.metrics.time.sleep", lambda _: file.unlink())
    assert Metrics().text() == b""


def ask_until_all_have_answered(server: Running, body: bytes, new: set[int] | None = None) -> set[int]:
    """Call until two living workers have answered; their process ids. `new`: those known before."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            assert server.call("POST", VIEW, body).status == 200
        except OSError:  # a connection the killed worker had taken
            time.sleep(0.1)
            continue
        folders = tmp_files(server)
        alive = {pid for pid in folders if is_alive(pid)}
        if len(alive) == 2 and (new is None or alive - new):
            time.sleep(0.3)  # the last answer is counted after it has left
            return alive
    raise TimeoutError("not every worker has answered")


def tmp_files(server: Running) -> set[int]:
    """The workers that have counted something."""
    files = server.log.parent.glob("osteo-cds-metrics-*/counter_*.db")
    return {int(re.sub(r"\D", "", file.stem)) for file in files}


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]
