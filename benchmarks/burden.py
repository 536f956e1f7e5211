"""How many cards a doctor meets: cards per call over the worked patients, and over patients in files.

    python -m benchmarks.burden [BUNDLE.json …]

The worked patients are chosen to make rules speak, so they are the heavy end; a file is a FHIR
Bundle of one patient, opened on the last day of its record.
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.answer import answer
from cds_service.bundle import read_bundle
from fhir_mappings import ReadOptions
from hooks.evaluation import respond
from tests.vignette_facts import facts_of
from tests.vignette_requests import hook_of, load_vignettes


def row(name: str, cards: Iterable[list[dict[str, Any]]]) -> str:
    """One line of the table."""
    answers = list(cards)
    counts = [len(each) for each in answers]
    urgent = sum(any(card["indicator"] != "info" for card in each) for each in answers)
    silent = sum(not each for each in answers)
    return (
        f"| {name} | {len(answers)} | {statistics.mean(counts):.2f} | {max(counts)} "
        f"| {silent / len(answers):.0%} | {urgent / len(answers):.0%} |"
    )


def worked() -> dict[str, list[list[dict[str, Any]]]]:
    """The cards of every worked patient, by hook."""
    found: dict[str, list[list[dict[str, Any]]]] = defaultdict(list)
    for vignette in load_vignettes():
        hook = hook_of(vignette)
        if hook != "population":
            body = respond(facts_of(vignette), hook, "da", hook_instance=vignette["id"])  # type: ignore[arg-type]
            found[hook].append(body["cards"])
    return found


def record(path: Path) -> list[dict[str, Any]]:
    """The cards of a patient in a file, when the record is opened the day after its last entry."""
    body = path.read_bytes()
    request = read_bundle(body, "patient-view")
    options = ReadOptions(frozenset({"38265-5"}))
    cards: list[dict[str, Any]] = answer(
        request, "patient-view", as_of=date(2021, 6, 1), language="da", options=options
    ).body["cards"]
    return cards


def main() -> None:
    """Print the table."""
    print("| over | calls | cards per call | most | no card | with a warning or critical card |")
    print("|---|---|---|---|---|---|")
    for hook, cards in worked().items():
        print(row(f"worked patients, {hook}", cards))
    paths = [Path(name) for name in sys.argv[1:]]
    if paths:
        print(row("Synthea patients, patient-view", map(record, paths)))


if __name__ == "__main__":
    main()
