"""Measure the service against the floor in one run, and print the table of the README.

    python -m benchmarks.run [--quick]

The floor is the same server, parsing the same body with orjson and answering three static
cards. What counts is the ratio: absolute times are this machine's. Calls to floor and service
alternate in blocks, so that a slow moment of the machine hits both.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from benchmarks.client import Latency, latency, per_second, timings, wait_for
from benchmarks.records import TODAY, request

SIZES = (20, 200, 2000)
#: The issue's limits: p50 at 200 and 2000 resources, and start to first card.
LIMITS = {200: 3.0, 2000: 1.3}
LIMIT_START = 2.5


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(name: str, port: int, workers: int) -> list[str]:
    """How the floor or the service is started: the same server with the same options."""
    target = "benchmarks.serve_floor" if name == "floor" else "cds_service.cli"
    options = ["serve"] if name == "service" else []
    return [sys.executable, "-m", target, *options, "--port", str(port), "--workers", str(workers)]


@contextmanager
def serving(name: str, workers: int = 1) -> Iterator[tuple[int, int]]:
    """A running server: its port and process id."""
    port = free_port()
    folder = TemporaryDirectory()  # no database yet, as on a first start
    environment = os.environ | {"OSTEO_CDS_TODAY": TODAY.isoformat(), "XDG_DATA_HOME": folder.name}
    environment.pop("OSTEO_CDS_DATABASE_URL", None)
    # installed packages are compiled; the service from the source tree must be allowed to be, from its second start on
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(
        command(name, port, workers),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def resident_mb(pid: int) -> float:
    """Resident memory of the process and its children, MB (Linux; 0 elsewhere)."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if str(pid) in (fields["Pid"].strip(), fields["PPid"].strip()) and "VmRSS" in fields:
            total += int(fields["VmRSS"].split()[0])
    return total / 1024


def measure_latency(quick: bool) -> dict[int, dict[str, Latency]]:
    """p50 and p95 of floor and service at each size, one client."""
    table: dict[int, dict[str, Latency]] = {}
    with serving("floor") as (floor, _), serving("service") as (service, _):
        ports = {"floor": floor, "service": service}
        for size in SIZES:
            body = orjson.dumps(request(size))
            for port in ports.values():
                wait_for(port, body)
                timings(port, body, 30)
            found: dict[str, list[float]] = {"floor": [], "service": []}
            calls = 20 if size == 2000 else 50
            for _ in range(3 if quick else 10):
                for name, port in ports.items():
                    found[name] += timings(port, body, calls)
            table[size] = {name: latency(times) for name, times in found.items()}
    return table


def measure_throughput(quick: bool) -> dict[str, float]:
    """Calls per second at eight clients and 200 resources, two workers."""
    body = orjson.dumps(request(200))
    found = {}
    for name in ("floor", "service"):
        with serving(name, workers=2) as (port, _):
            wait_for(port, body)
            per_second(port, body, 8, 1)
            found[name] = per_second(port, body, 8, 2 if quick else 6)
    return found


def measure_start(quick: bool) -> dict[str, tuple[float, float]]:
    """Seconds from start to the first answer (median), and memory after it."""
    body = orjson.dumps(request(200))
    found: dict[str, tuple[float, float]] = {}
    times: dict[str, list[float]] = {"floor": [], "service": []}
    memory = {"floor": 0.0, "service": 0.0}
    for _ in range(3 if quick else 7):
        for name in times:
            with serving(name) as (port, pid):
                times[name].append(wait_for(port, body))
                memory[name] = resident_mb(pid)
                time.sleep(0.1)
    for name, seconds in times.items():
        found[name] = (sorted(seconds)[len(seconds) // 2], memory[name])
    return found


def main() -> int:
    """Measure and print; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description="Measure the service against the floor.")
    parser.add_argument("--quick", action="store_true", help="fewer calls, rougher figures")
    quick = parser.parse_args().quick
    missed = []
    print("| measured | floor | service | ratio | limit |\n|---|---|---|---|---|")
    for size, row in measure_latency(quick).items():
        floor, service = row["floor"], row["service"]
        ratio = service.p50 / floor.p50
        limit = LIMITS.get(size)
        print(
            f"| {size} resources, p50 (p95) ms | {floor.p50:.2f} ({floor.p95:.2f}) "
            f"| {service.p50:.2f} ({service.p95:.2f}) | {ratio:.2f} | {limit or ''} |"
        )
        if limit is not None and ratio > limit:
            missed.append(f"{size} resources")
    rates = measure_throughput(quick)
    ratio = rates["floor"] / rates["service"]
    print(f"| 200 resources, calls/s at 8 clients | {rates['floor']:.0f} | {rates['service']:.0f} | {ratio:.2f} | |")
    starts = measure_start(quick)
    ratio = starts["service"][0] / starts["floor"][0]
    seconds = {name: value[0] for name, value in starts.items()}
    print(
        f"| start to first card, s | {seconds['floor']:.2f} | {seconds['service']:.2f} | {ratio:.2f} | {LIMIT_START} |"
    )
    if ratio > LIMIT_START:
        missed.append("start")
    memory = {name: value[1] for name, value in starts.items()}
    ratio = memory["service"] / memory["floor"] if memory["floor"] else 0
    print(f"| memory after it, MB | {memory['floor']:.0f} | {memory['service']:.0f} | {ratio:.2f} | |")
    if missed:
        print(f"\nmissed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
