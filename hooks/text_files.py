"""TOML files read table by table: a table is parsed when its text is first wanted.

Parsing all texts of a language takes longer than answering with them; an answer needs a tenth.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_HEADER = re.compile(r'^\[\[?([A-Za-z0-9_."-]+)\]\]?[ \t]*(?:#.*)?$', re.MULTILINE)


def tables(text: str, depth: Callable[[str], int]) -> dict[tuple[str, ...], str]:
    """The source of each table of a file with what belongs to it, by its name.

    `depth`: how many parts of a name tell tables apart, by its first part. A line inside a
    multi-line string must not look like a table's header (a test reads every file whole).
    """
    found: dict[tuple[str, ...], str] = {}
    headers = [*_HEADER.finditer(text)]
    ends = [header.start() for header in headers[1:]] + [len(text)]
    for header, end in zip(headers, ends, strict=True):
        parts = [part.strip('"') for part in header[1].split(".")]
        name = tuple(parts[: depth(parts[0])])
        found[name] = found.get(name, "") + text[header.start() : end]
    return found


class Tables(Mapping[K, V]):
    """What is made of tables, each on first use. ValueError when a name stands in two files."""

    def __init__(self, make: Callable[[Mapping[str, Any]], V]) -> None:
        self._make = make
        self._sources: dict[K, tuple[tuple[str, ...], str]] = {}
        self._made: dict[K, V] = {}

    def add(self, key: K, name: tuple[str, ...], source: str, file: str) -> None:
        """Take in a table of a file."""
        if key in self._sources:
            raise ValueError(f"{file}: {key} has a text already")
        self._sources[key] = name, source

    def __getitem__(self, key: K) -> V:
        made = self._made.get(key)
        if made is None:
            name, source = self._sources[key]
            table: Mapping[str, Any] = tomllib.loads(source)
            for part in name:
                table = table[part]
            made = self._made[key] = self._make(table)
        return made

    def __contains__(self, key: object) -> bool:
        return key in self._sources

    def __iter__(self) -> Iterator[K]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)
