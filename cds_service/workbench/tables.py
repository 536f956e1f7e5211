"""The decision tables and our readings of contradictions, as a doctor checks them.

They are written in tests/guideline and docs/contradictions.csv; a built package carries them along
(pyproject.toml, force-include), a checkout reads them where they stand. What they are called in another
language than English stands in tests/guideline/<language> and hooks/texts/<language>/contradictions.toml.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from cds_service.workbench.table_words import ID, TableWords
from hooks.language import LanguageCode, section
from hooks.readings import contradiction

_CONTRADICTION: Final = re.compile(r"\b[CS]-\d\d\b")
_HERE: Final = Path(__file__).parent
_CHECKOUT: Final = _HERE.parent.parent


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table that say something of one recommendation; empty columns are left out."""

    part: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two places of the sources that do not agree, and how we read them."""

    number: str
    contradiction: str
    where: str
    resolution: str


def tables_of(recommendation: str, code: LanguageCode) -> tuple[Table, ...]:
    """The decision tables of a recommendation, each cut to what concerns it."""
    cut = filter(None, (_cut(table, recommendation) for table in all_tables() if recommendation in table.head))
    return tuple(cut) if code == "en" else tuple(told(table, table_words(code)) for table in cut)


def told(table: Table, say: TableWords) -> Table:
    """A table in the words of a language; its first column names the patients."""
    names = (say.row(table.part, table.title, row[0]) for row in table.rows)
    cells = (map(say.cell, table.head[1:], row[1:]) for row in table.rows)
    rows = tuple((name, *rest) for name, rest in zip(names, cells, strict=True))
    return Table(table.part, say.title(table.part, table.title), tuple(map(say.heading, table.head)), rows)


@cache
def table_words(code: LanguageCode) -> TableWords:
    """The words of the tables in a language that is not English."""
    return TableWords(code, _folder() / code)


def contradictions_of(recommendation: str, said: str, code: LanguageCode) -> list[Contradiction]:
    """The contradictions of the sources that name the recommendation, or that what is `said` of it names."""
    named = set(_CONTRADICTION.findall(said))
    return [
        _told(row, code)
        for row in contradictions()
        if row["number"] in named or recommendation in ID.findall(row["resolution"])
    ]


def _told(row: Mapping[str, str], code: LanguageCode) -> Contradiction:
    what, resolution = (contradiction(row["number"], p, row[p], code) for p in ("contradiction", "resolution"))
    return Contradiction(row["number"], what, section(code, row["where"]), resolution)


def _cut(table: Table, recommendation: str) -> Table | None:
    at = table.head.index(recommendation)
    rows = [row for row in table.rows if row[at]]
    kept = [i for i, name in enumerate(table.head) if not ID.fullmatch(name) and any(row[i] for row in rows)]
    if not rows:
        return None
    columns = [*kept, at]
    head = tuple(table.head[i] for i in columns)
    return Table(table.part, table.title, head, tuple(tuple(row[i] for i in columns) for row in rows))


def _folder() -> Path:
    installed = _HERE / "guideline"
    return installed if installed.is_dir() else _CHECKOUT / "tests" / "guideline"


@cache
def all_tables() -> tuple[Table, ...]:
    """Every decision table, as written. FileNotFoundError when there are none."""
    paths = sorted(_folder().glob("part_*.md"))
    if not paths:
        raise FileNotFoundError("the decision tables are not installed")
    return tuple(table for path in paths for table in _of(path.stem, path.read_text(encoding="utf-8")))


def _of(part: str, text: str) -> Iterator[Table]:
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
            yield Table(part, title, head, tuple(rows))
            head, rows = (), []
        if line.startswith("#"):
            title = line.lstrip("# ").strip()


@cache
def contradictions() -> tuple[Mapping[str, str], ...]:
    """Every contradiction of the sources, as written."""
    path = _HERE / "contradictions.csv"
    source = path if path.is_file() else _CHECKOUT / "docs" / "contradictions.csv"
    return tuple(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
