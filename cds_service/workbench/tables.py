"""The decision tables and our readings of contradictions, as a doctor checks them.

They are written in tests/guideline and docs/contradictions.csv; a built package carries them along
(pyproject.toml, force-include), a checkout reads them where they stand.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+")
_HERE: Final = Path(__file__).parent
_CHECKOUT: Final = _HERE.parent.parent


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table that say something of one recommendation; empty columns are left out."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(recommendation: str) -> tuple[Table, ...]:
    """The decision tables of a recommendation, each cut to what concerns it."""
    return tuple(filter(None, (_cut(table, recommendation) for table in _all() if recommendation in table.head)))


def readings_of(recommendation: str) -> list[Mapping[str, str]]:
    """The contradictions of the sources whose resolution names the recommendation."""
    return [row for row in _contradictions() if recommendation in _ID.findall(row["resolution"])]


def _cut(table: Table, recommendation: str) -> Table | None:
    at = table.head.index(recommendation)
    rows = [row for row in table.rows if row[at]]
    kept = [i for i, name in enumerate(table.head) if not _ID.fullmatch(name) and any(row[i] for row in rows)]
    if not rows:
        return None
    columns = [*kept, at]
    return Table(table.title, tuple(table.head[i] for i in columns), tuple(tuple(r[i] for i in columns) for r in rows))


@cache
def _all() -> tuple[Table, ...]:
    folder = _HERE / "guideline"
    paths = sorted((folder if folder.is_dir() else _CHECKOUT / "tests" / "guideline").glob("part_*.md"))
    if not paths:
        raise FileNotFoundError("the decision tables are not installed")
    return tuple(table for path in paths for table in _of(path.read_text(encoding="utf-8")))


def _of(text: str) -> Iterator[Table]:
    title = ""
    head: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = tuple(cell.strip().strip("`") for cell in line.strip().strip("|").split("|"))
            if not head:
                head = cells
            elif not set("".join(cells)) <= set("-: "):
                rows.append(cells)
            continue
        if head:
            yield Table(title, head, tuple(rows))
            head, rows = (), []
        if line.startswith("#"):
            title = line.lstrip("# ").strip()


@cache
def _contradictions() -> tuple[Mapping[str, str], ...]:
    path = _HERE / "contradictions.csv"
    source = path if path.is_file() else _CHECKOUT / "docs" / "contradictions.csv"
    return tuple(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
