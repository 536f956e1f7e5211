"""The register as a list: every recommendation, whether it is implemented, and what checks it."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import Any

from hooks.guideline.register import catalogue


def rows() -> list[dict[str, Any]]:
    """Every recommendation in the catalogue's order.

    `tests`: how many worked patients and rows of decision tables say whether it fires.
    """
    tests = _tests()
    return [
        {
            "id": entry.id,
            "section": entry.section,
            "title": entry.title,
            "strength": entry.strength,
            "implemented": entry.implemented,
            "tests": tests.get(entry.id, 0),
        }
        for entry in catalogue()
    ]


def table() -> str:
    """The list as text, with the sums below it."""
    entries = rows()
    head = ("id", "implemented", "tests", "section", "strength", "title")
    lines = [
        (e["id"], "yes" if e["implemented"] else "no", str(e["tests"]), e["section"], e["strength"], e["title"])
        for e in entries
    ]
    widths = [max(len(row[column]) for row in (head, *lines)) for column in range(len(head) - 1)]
    text = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in (head, *lines)
    ]
    implemented = sum(e["implemented"] for e in entries)
    untested = sum(e["implemented"] and not e["tests"] for e in entries)
    text.append(f"\n{implemented} of {len(entries)} implemented; {untested} of these without a test of their own.")
    return "\n".join(text)


def _tests() -> dict[str, int]:
    """Written by `python -m tests.count_checks`; a test keeps the file to what they say."""
    text = (files("cds_service") / "checks.csv").read_text(encoding="utf-8")
    return {line["id"]: int(line["tests"]) for line in csv.DictReader(text.splitlines())}
