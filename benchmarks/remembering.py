"""What remembering costs a call: recall before it, record after it, in microseconds.

    python -m benchmarks.remembering [URL]

URL: of the database (default: a new SQLite file). The patient of the first row has nothing
remembered, the other has overrides and shown cards; 20,000 other patients are in the tables.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from tempfile import TemporaryDirectory

import orjson

from benchmarks.client import HEADERS, PATH
from benchmarks.records import TODAY, request
from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.store.cards_served import Call
from cds_service.store.memory import Memory, open_memory
from cds_service.store.overrides import Overridden, add_overrides
from cds_service.store.shown import Shown, add_shown

SERVER = "https://ehr.example.org/fhir"


def fill(memory: Memory, patient: str) -> None:
    """20,000 patients with overrides, and one with ten and five shown cards."""
    day = TODAY - timedelta(days=3)
    with memory.database.writing() as connection:
        add_overrides(connection, [Overridden(f"{n:064x}", "TX-IND-1", day, f"{n:036x}") for n in range(20_000)])
        add_overrides(connection, [Overridden(patient, f"LIF-{n}", day, f"{n:036x}") for n in range(10)])
        add_shown(connection, [Shown(patient, f"C-{n}", "0" * 64, day) for n in range(5)])


def microseconds(what: Callable[[], object], times: int = 2000) -> float:
    """The median of one call."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        what()
        found.append(time.perf_counter() - started)
    return median(found) * 1e6


def main() -> int:
    """Measure and print."""
    with TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/memory.sqlite"
        memory = open_memory(Settings(database_url=url, patient_key="only for this measurement, not a secret"))
        known = memory.recall("", SERVER, "known").patient
        fill(memory, known)
        http = create_app(Settings(), lambda: TODAY).test_client()
        answer = http.post(PATH, data=orjson.dumps(request(200)), headers=HEADERS).get_json()
        call = Call("osteoporosis-patient-view", "", known, "da", TODAY)

        def record() -> None:
            memory.record(call, answer, on_record=True)
            memory.writer._waiting.clear()  # only what the call itself waits for

        print("| a call waits for | microseconds |\n|---|---|")
        print(f"| recall, nothing remembered | {microseconds(lambda: memory.recall('', SERVER, 'other')):.0f} |")
        print(f"| recall, 15 rows | {microseconds(lambda: memory.recall('', SERVER, 'known')):.0f} |")
        print(f"| record, {len(answer['cards'])} cards | {microseconds(record):.0f} |")
        memory.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
