"""A small keep-alive HTTP client for the benchmarks, and the figures made of its timings."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

PATH = "/cds-services/osteoporosis-patient-view"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds at one client."""

    p50: float
    p95: float


def wait_for(port: int, body: bytes, seconds: float = 30.0) -> float:
    """Seconds until the first answer with status 200."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            post(connection, body)
        except (OSError, http.client.HTTPException):
            time.sleep(0.002)
            continue
        return time.perf_counter() - begin
    raise TimeoutError(f"no answer on port {port} within {seconds} s")


def post(connection: http.client.HTTPConnection, body: bytes) -> bytes:
    """One call; anything but 200 is an error."""
    connection.request("POST", PATH, body, HEADERS)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"status {answer.status}: {content[:200]!r}")
    return content


def timings(port: int, body: bytes, calls: int) -> list[float]:
    """Milliseconds of each of `calls` calls over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    found = []
    for _ in range(calls):
        begin = time.perf_counter()
        post(connection, body)
        found.append((time.perf_counter() - begin) * 1000)
    connection.close()
    return found


def latency(found: list[float]) -> Latency:
    """p50 and p95."""
    found = sorted(found)
    return Latency(statistics.median(found), found[min(len(found) - 1, int(len(found) * 0.95))])


def per_second(port: int, body: bytes, clients: int, seconds: float) -> float:
    """Calls per second of `clients` clients that call without pause."""
    done = [0] * clients
    failed: list[Exception] = []
    until = time.perf_counter() + seconds

    def call(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while time.perf_counter() < until:
                post(connection, body)
                done[index] += 1
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            failed.append(error)
        finally:
            connection.close()

    _together(call, clients)
    if failed:
        raise failed[0]
    return sum(done) / seconds


def _together(call: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=call, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
