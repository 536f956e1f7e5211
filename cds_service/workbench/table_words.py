"""The decision tables in another language than English.

tests/guideline/<language>/part_NN.toml says the titles and the names of the rows; words.toml the words of the
notation (tests/guideline/README.md) that the vocabulary (hooks/texts) does not have. A cell is said word by
word, by its column; what has no words is a KeyError that says what to write where (a test keeps it from happening).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from cds_service.workbench.words import need, words
from hooks.language import Language, LanguageCode, language
from hooks.rule_words import words_of_rules

ID: Final = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_SHIFT: Final = re.compile(r"([+-])(\d+)([dmy])")
_RANGE: Final = re.compile(r"\[([\d.]*)\.\.([\d.]*)\]")
#: Columns whose items begin with a name of the vocabulary, and its block there.
_BLOCKS: Final = {
    "conditions": "condition",
    "fractures": "fracture",
    "medications": "drug",
    "administrations": "drug",
    "dispensings": "drug",
    "encounters": "visit",
    "appointments": "visit",
    "orders": "concept",
    "declined": "topic",
    "notes": "concept",
}
_SCALARS: Final = ("sex", "age", "menopause", "residence", "menopause age")


class TableWords:
    """What the decision tables are called in a language; `folder` holds its files."""

    def __init__(self, code: LanguageCode, folder: Path) -> None:
        self.code = code
        self.say: Language = language(code)
        self.folder = folder
        self.own: Mapping[str, Any] = tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))
        self.decimal = words_of_rules(code)["decimal"]

    def title(self, part: str, title: str) -> str:
        """The title of a part's tables."""
        return self._of_part(part, title, "title")

    def row(self, part: str, title: str, name: str) -> str:
        """The name of a row under a title."""
        return self._of_part(part, title, name)

    def heading(self, column: str) -> str:
        """The heading of a column; a recommendation's id stays."""
        if ID.fullmatch(column):
            return column
        own: Mapping[str, str] = self.own["heading"]
        if column in own:
            return own[column]
        first, _, rest = column.partition(" ")
        if first in ("condition", "note") and rest:
            return self._name("condition" if first == "condition" else "concept", rest)
        concept = {"t": "t_score", "z": "z_score"}.get(first, first)
        name = self._name("concept", concept)
        unit = self.say.terms.get(f"unit.{concept}")
        return (f"{name}, {self._name('site', rest)}" if rest else name) + (f" ({unit})" if unit else "")

    def cell(self, column: str, cell: str) -> str:
        """A cell in words; an empty one stays empty."""
        if not cell:
            return ""
        if ID.fullmatch(column):
            return self._answer(cell)
        if column == "hook":
            return words(self.code)[f"hook.{cell}"]
        if column in _SCALARS:
            return self._value(cell)
        if column in ("today", "born"):
            return self.day(cell)
        return "; ".join(self._item(column, item.strip()) for item in cell.split(";"))

    def day(self, text: str) -> str:
        """A day: a date, today, or how long ago or ahead it is."""
        own = self.own["day"]
        shifts = _SHIFT.findall(text)
        if text == "today":
            return str(own["today"])
        if not shifts:
            return self.say.day(date.fromisoformat(text))
        sign = shifts[0][0]
        span = ""
        for each, count, unit in shifts:
            joined = own["and" if each == sign else "less"] if span else ""
            span += f"{joined}{count} {own[unit][int(count) != 1]}"
        return str(own["past" if sign == "-" else "future"]).format(span=span)

    def _item(self, column: str, item: str) -> str:
        """One item of a list."""
        tokens = item.split()
        match column:
            case "missing":
                return self._name("source", item)
            case "notes":
                return self._note(item)
            case "falls" | "family":
                return self._joined([], tokens)
            case "draft":
                return self._joined([self._draft(tokens)], tokens)
            case "overrides":
                return self._joined([tokens.pop(0)], tokens)
            case _ if column in _BLOCKS:
                return self._joined([self._name(_BLOCKS[column], tokens.pop(0))], tokens)
            case _ if column.startswith(("condition ", "note ")):
                return self.day(item) if item[0] in "+-" else self._value(item)
        return self._measured(item)

    def _draft(self, tokens: list[str]) -> str:
        """What is drafted; takes its words off the list."""
        kind = tokens.pop(0)
        if kind not in ("stop", "order", "refer"):
            return self._name("drug", kind)
        what = tokens.pop(0)
        is_drug = kind == "stop" or (kind == "refer" and f"drug.{what}" in self.say.terms)
        return str(self.own["draft"][kind]).format(what=self._name("drug" if is_drug else "concept", what))

    def _joined(self, said: list[str], tokens: list[str]) -> str:
        """The words after an item's name, after a comma; amounts and ends stand close to the word before."""
        rest = iter(tokens)
        dosed = False
        for token in rest:
            text, close = self._token(token, rest, dosed)
            dosed = token.endswith("mg")
            if close and said:
                said[-1] += f" {text}"
            else:
                said.append(text)
        return ", ".join(said)

    def _token(self, token: str, rest: Iterator[str], dosed: bool) -> tuple[str, bool]:
        """A word of an item, and whether it belongs to the word before it."""
        own = self.own["day"]
        if token == "@":
            return self.day(next(rest)), False
        if token == "to":
            return str(own["until"]).format(day=self.day(next(rest))), True
        if token == "for":
            count = next(rest).removesuffix("d")
            return str(own["lasting"]).format(span=f"{count} {own['d'][count != '1']}"), dosed
        for unit in ("mg", "%"):
            if token.endswith(unit):
                return f"{self._number(token.removesuffix(unit))} {unit}", True
        if "=" in token:
            return self._pair(token), token.startswith("daily_mg=")
        return self._word("word", token), False

    def _pair(self, token: str) -> str:
        key, _, value = token.partition("=")
        known = self.own["key"]
        if token in known:
            return str(known[token])
        return self._word("key", key).format(value=self._number(value) if _NUMBER.fullmatch(value) else value)

    def _note(self, item: str) -> str:
        name, _, value = item.partition("=")
        said = self._name("concept", name)
        if not value:
            return said
        if value[0] in "+-":
            return f"{said}, {self.day(value)}"
        return f"{said}: {self._value(value)}"

    def _measured(self, item: str) -> str:
        """A value with its reference range, its geometric mean and its day."""
        value, _, when = item.partition("@")
        bounds = _RANGE.search(value)
        notes = []
        if bounds:
            value = value.replace(bounds[0], "")
            notes.append(self._word("word", "range").format(low=self._number(bounds[1]), high=self._number(bounds[2])))
        tokens = value.split()
        if "gm" in tokens:
            notes.append(f"{self._word('word', 'gm')} {self._number(tokens[tokens.index('gm') + 1])}")
        if when:
            notes.append(self.day(when.strip()))
        return self._value(tokens[0]) + (f" ({', '.join(notes)})" if notes else "")

    def _answer(self, cell: str) -> str:
        first, _, rest = cell.partition(" ")
        if first == "unknown:":
            return (
                f"{self._word('answer', 'unknown')}: {', '.join(self._need(name.strip()) for name in rest.split(','))}"
            )
        said = self._word("answer", first)
        return f"{said}, {words(self.code)[f'indicator.{rest}'].lower()}" if rest else said

    def _need(self, name: str) -> str:
        said = need(name, self.code)
        return said if said != name else self._name("concept", name)

    def _value(self, text: str) -> str:
        """A number, or a coded answer."""
        return self._number(text) if _NUMBER.fullmatch(text) else self._name("value", text)

    def _number(self, text: str) -> str:
        """A number with every digit it is written with; between two of them the minus is a dash."""
        dashed = re.sub(r"(?<=\d)-(?=\d)", "–", text)
        return dashed.replace("-", "−").replace(".", self.decimal)

    def _name(self, block: str, name: str) -> str:
        """A name of the vocabulary; words.toml has those of the tables alone."""
        full = f"{block}.{name}"
        return self.say.terms.get(full) or self._word("name", full)

    def _word(self, table: str, name: str) -> str:
        return _found(self.own, table, name, self.folder.name, "words.toml")

    def _of_part(self, part: str, title: str, name: str) -> str:
        return _found(_part(self.folder / f"{part}.toml"), title, name, self.folder.name, f"{part}.toml")


def _found(texts: Mapping[str, Any], table: str, name: str, folder: str, file: str) -> str:
    try:
        text: str = texts[table][name]
    except KeyError as missing:
        where = f"tests/guideline/{folder}/{file}"
        raise KeyError(f'{where}: under ["{table}"] write "{name}" = what it is called') from missing
    return text


@cache
def _part(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
