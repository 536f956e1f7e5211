"""Whether memory stays flat: the server's resident memory along many calls.

    python -m benchmarks.memory [--calls 20000]

The calls alternate between records of different size, so that a cache of what was in them would
show. The first calls fill the caches of codes and texts, which are bounded; from then on nothing
may grow. 1 when the last tenth needs more than the limit above the second tenth.
"""

from __future__ import annotations

import argparse
import http.client
import sys

import orjson

from benchmarks.client import post, wait_for
from benchmarks.records import request
from benchmarks.run import resident_mb, serving

SIZES = (20, 200, 20, 60)
#: What the server may have grown by, between the second tenth of the calls and the last.
LIMIT = 1.05


def measure(calls: int) -> list[float]:
    """Resident memory in MB after each tenth of the calls."""
    bodies = [orjson.dumps(_about(size, number)) for number, size in enumerate(SIZES * 5)]
    found = []
    with serving("service") as (port, pid):
        wait_for(port, bodies[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in range(1, calls + 1):
            post(connection, bodies[number % len(bodies)])
            if number % (calls // 10) == 0:
                found.append(resident_mb(pid))
        connection.close()
    return found


def _about(size: int, number: int) -> dict[str, object]:
    """A request about one of several patients."""
    written = orjson.dumps(request(size)).replace(b'"bench"', b'"bench%d"' % number)
    found: dict[str, object] = orjson.loads(written.replace(b"Patient/bench", b"Patient/bench%d" % number))
    return found


def main() -> int:
    """Measure and print; 1 when memory grows."""
    parser = argparse.ArgumentParser(description="Watch the server's memory along many calls.")
    parser.add_argument("--calls", type=int, default=20_000)
    calls = parser.parse_args().calls
    found = measure(calls)
    for tenth, mb in enumerate(found, 1):
        print(f"{calls // 10 * tenth:>7} calls: {mb:.1f} MB")
    ratio = found[-1] / found[1]
    print(f"last tenth / second tenth: {ratio:.3f} (limit {LIMIT})")
    return 1 if ratio > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
