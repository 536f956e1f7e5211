"""Measure what fetching from a FHIR server costs a call, in one run.

    python -m benchmarks.fetch [--quick]

A service and a FHIR server whose searches take 30 ms each, in processes of their own. What
counts is the ratio: eight searches against one, each as the time beyond the same call with
all data delivered. Then servers that misbehave: no answer may take longer than the deadline
and 100 ms beyond the same answer without any fetch.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import time
from typing import Any, Final

import orjson

from benchmarks.client import post, timings, wait_for
from benchmarks.records import TODAY
from benchmarks.run import free_port, serving

SEARCH_MS: Final = 30.0
DEADLINE_MS: Final = 400.0
#: The issue's limits.
LIMIT_RATIO, LIMIT_OVER_MS = 2.5, 100.0
KEYS: Final = (
    *("conditions", "observations", "screening", "medicationRequests", "medicationStatements"),
    *("medicationDispenses", "serviceRequests", "encounters"),
)
OTHERS: Final = ("medicationAdministrations", "appointments", "familyHistory")
#: A server that does not answer is left alone for 10 s after three calls: each kind is asked three times.
CALLS_EACH: Final = 3


def body(base: str, missing: tuple[str, ...], offered: bool = True) -> bytes:
    """A call that lacks these keys. `offered`: with a token to fetch them."""
    empty = {"resourceType": "Bundle", "type": "searchset"}
    prefetch: dict[str, Any] = {key: empty for key in (*KEYS, *OTHERS) if key not in missing}
    prefetch["patient"] = {"resourceType": "Patient", "id": "pat-1", "gender": "female", "birthDate": "1957-06-01"}
    access = {
        "fhirServer": base,
        "fhirAuthorization": {
            "access_token": "benchmark",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.read",
            "subject": "osteo-cds",
            "patient": "pat-1",
        },
    }
    return orjson.dumps(
        {
            "hook": "patient-view",
            "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": {"userId": "Practitioner/gp-1", "patientId": "pat-1"},
            "prefetch": prefetch,
            **(access if offered else {}),
        }
    )


def not_had(answered: bytes) -> int:
    """How many keys an answer says it could not have whole."""
    issues = orjson.loads(answered)["extension"]["org.osteo-cds.evaluation"]["issues"]
    return sum(issue["reference"].startswith("prefetch.") for issue in issues)


def measure_searches(port: int, fhir: int, quick: bool) -> dict[int, float]:
    """Milliseconds (p50) of a call that has to make none, one and eight searches; in turns, warm."""
    base = f"http://127.0.0.1:{fhir}/fhir"
    bodies = {number: body(base, KEYS[:number]) for number in (0, 1, 8)}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(5):
        for number, sent in bodies.items():
            if number and not_had(post(connection, sent)) and _ > 0:
                raise RuntimeError("a search failed: the figures would be wrong")
    connection.close()
    found: dict[int, list[float]] = {number: [] for number in bodies}
    for _ in range(5 if quick else 20):
        for number, sent in bodies.items():
            found[number] += timings(port, sent, 10)
    return {number: statistics.median(times) for number, times in found.items()}


def measure_bad(port: int, fhir: int) -> dict[str, float]:
    """The longest time beyond the answer without a fetch, in milliseconds, by kind of bad server; every key missing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    found = {}
    without = statistics.median(timings(port, body("", (*KEYS, *OTHERS), offered=False), 30))
    for kind in ("silent", "drip", "endless", "huge"):
        sent = body(f"http://127.0.0.1:{fhir}/{kind}", (*KEYS, *OTHERS))
        taken = []
        for _ in range(CALLS_EACH):
            begin = time.perf_counter()
            answered = post(connection, sent)
            taken.append((time.perf_counter() - begin) * 1000 - without)
            if not_had(answered) != len(KEYS) + len(OTHERS):
                raise RuntimeError("a bad server was believed")
        found[kind] = max(taken)
    connection.close()
    return found


def main() -> int:
    """Measure and print; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description="Measure what fetching costs.")
    parser.add_argument("--quick", action="store_true", help="fewer calls, rougher figures")
    quick = parser.parse_args().quick
    fhir = free_port()
    command = [sys.executable, "-m", "benchmarks.slow_fhir", "--port", str(fhir), "--ms", str(SEARCH_MS)]
    slow = subprocess.Popen(command)
    try:
        os.environ["OSTEO_CDS_TODAY"] = TODAY.isoformat()
        with serving("service") as (port, _):
            wait_for(port, body(f"http://127.0.0.1:{fhir}/fhir", ()))
            times = measure_searches(port, fhir, quick)
            bad = measure_bad(port, fhir)
    finally:
        slow.terminate()
        slow.wait(10)
    one, eight = times[1] - times[0], times[8] - times[0]
    print("| measured | ms | limit |\n|---|---|---|")
    print(f"| all delivered, p50 | {times[0]:.1f} | |")
    print(f"| one search of {SEARCH_MS:.0f} ms, beyond it | {one:.1f} | |")
    print(f"| eight searches of {SEARCH_MS:.0f} ms, beyond it | {eight:.1f} | |")
    print(f"| eight against one | {eight / one:.2f} | {LIMIT_RATIO} |")
    missed = ["eight searches"] if eight / one > LIMIT_RATIO else []
    for kind, most in bad.items():
        print(f"| {kind} server, all keys, longest of {CALLS_EACH} | {most:.0f} | {DEADLINE_MS + LIMIT_OVER_MS:.0f} |")
        if most > DEADLINE_MS + LIMIT_OVER_MS:
            missed.append(f"{kind} server")
    if missed:
        print(f"\nmissed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
