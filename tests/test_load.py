"""Many callers at once: every one gets the answer about its own patient, and nobody is left waiting."""

from __future__ import annotations

import gc
import http.client
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import orjson
import pytest

from tests.conftest import ServiceClient
from tests.server_process import SECONDS, free_port, running
from tests.vignette_requests import load_vignettes, to_request, today_of

CLIENTS = 50
CALLS_EACH = 6
VIGNETTES = {v["id"]: v for v in load_vignettes() if v["hook"] == "patient-view"}


def two_patients() -> tuple[dict[str, Any], dict[str, Any]]:
    """Two worked patients of the same day who get different advice."""
    first = VIGNETTES["V-002"]
    second = next(
        v
        for v in VIGNETTES.values()
        if today_of(v) == today_of(first) and v["expect"] and {e["id"] for e in v["expect"]}.isdisjoint(_ids(first))
    )
    return to_request(first, "danish"), to_request(second, "international")


def _ids(vignette: dict[str, Any]) -> set[str]:
    return {each["id"] for each in vignette["expect"]}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server with two workers, on the day of the two patients."""
    port = free_port()
    with running(port, "--workers", "2", today=today_of(VIGNETTES["V-002"])):
        yield port


def test_fifty_clients_with_two_patients_are_never_mixed_up(port: int, service: ServiceClient) -> None:
    bodies = two_patients()
    service.clock.day = today_of(VIGNETTES["V-002"])
    expected = [service.answer(body) for body in bodies]
    assert expected[0] != expected[1]
    sent = [orjson.dumps(body) for body in bodies]
    wrong: list[str] = []
    done: list[int] = []

    def call(client: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
            for number in range(CALLS_EACH):
                which = (client + number) % 2
                try:
                    connection.request(
                        "POST",
                        "/cds-services/osteoporosis-patient-view",
                        sent[which],
                        {"Content-Type": "application/json"},
                    )
                    answer = connection.getresponse()
                    content = answer.read()
                except OSError as error:
                    wrong.append(f"client {client}: {type(error).__name__}")
                    return
                if answer.status != 200 or orjson.loads(content) != expected[which]:
                    wrong.append(f"client {client}, call {number}: status {answer.status}")
                done.append(which)

    threads = [threading.Thread(target=call, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(done) == CLIENTS * CALLS_EACH


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_what_a_call_made_goes_with_it(service: ServiceClient, hook: str) -> None:
    """Nothing that holds a patient's record waits for the garbage collector: memory stays flat."""
    bodies = [to_request(v, "danish") for v in load_vignettes() if v["hook"] == hook][:20]
    for body in bodies:
        service.answer(body)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for body in bodies:
            service.answer(body)
        gc.collect()
        left = {type(each).__module__ for each in gc.garbage}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert not [module for module in left if module.split(".")[0] in ("cds_service", "hooks", "fhir_mappings")]
