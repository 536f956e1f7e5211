"""The decision tables in every language: each title, row and cell said, with the figures of the English.

What is missing fails with the file, the table and the name to write it under.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pytest

from cds_service.workbench.table_words import ID, TableWords
from cds_service.workbench.tables import Table, all_tables, table_words, told
from hooks.language import LanguageCode
from tests.decision_table import _WORDS, FOLDER
from tests.test_readings import figures, others


def names(table: Table) -> Iterator[str]:
    """The name of each row, in the first column."""
    return (row[0] for row in table.rows)


def gathered(asks: Iterable[Callable[[], str]]) -> list[str]:
    """What is missing, each told once."""
    missing = []
    for ask in asks:
        try:
            ask()
        except KeyError as problem:
            missing.append(problem.args[0])
    return sorted(set(missing))


@others
def test_every_title_and_row_is_said(code: LanguageCode) -> None:
    say = table_words(code)
    titles = [partial(say.title, table.part, table.title) for table in all_tables()]
    rows = [partial(say.row, table.part, table.title, name) for table in all_tables() for name in names(table)]
    missing = gathered([*titles, *rows])
    assert not missing, "\n".join(missing)


@others
def test_every_heading_and_cell_is_said(code: LanguageCode) -> None:
    say = table_words(code)
    columns: dict[str, set[str]] = {}
    for table in all_tables():
        for row in table.rows:
            for head, cell in zip(table.head[1:], row[1:], strict=True):
                columns.setdefault(head, set()).add(cell)
    heads = [partial(say.heading, head) for table in all_tables() for head in table.head]
    cells = [partial(say.cell, head, cell) for head, column in columns.items() for cell in column]
    missing = gathered([*heads, *cells])
    assert not missing, "\n".join(missing)


@others
def test_every_word_of_the_notation_is_said(code: LanguageCode) -> None:
    assert table_words(code).own["word"].keys() == {*_WORDS, "then", "range", "gm"}


@others
def test_no_title_and_no_row_is_left_over(code: LanguageCode) -> None:
    known: dict[str, dict[str, set[str]]] = {}
    for table in all_tables():
        known.setdefault(table.part, {}).setdefault(table.title, set()).update(names(table))
    left = []
    for path in sorted((FOLDER / code).glob("part_*.toml")):
        for title, rows in tomllib.loads(path.read_text(encoding="utf-8")).items():
            there = known.get(path.stem, {}).get(title, set())
            left += [f'{code}/{path.name}: ["{title}"] "{name}"' for name in rows.keys() - there - {"title"}]
            left += [] if there else [f'{code}/{path.name}: ["{title}"]']
    assert not left, "no table has them any more, take them out:\n" + "\n".join(left)


@others
def test_no_name_is_left_over(code: LanguageCode) -> None:
    cells = {cell for table in all_tables() for row in table.rows for cell in row[1:]}
    words = set(re.findall(r"[\w-]+", " ".join(cells)))
    assert not [name for name in table_words(code).own["name"] if name.partition(".")[2] not in words]


@others
def test_the_figures_are_those_of_the_english(code: LanguageCode) -> None:
    say = table_words(code)
    for table in all_tables():
        there = told(table, say)
        assert figures(there.title) == figures(table.title), there.title
        for row, said in zip(table.rows, there.rows, strict=True):
            assert figures(said[0]) == figures(row[0]), f"{row[0]} / {said[0]}"
            for head, cell, text in list(zip(table.head, row, said, strict=True))[1:]:
                # A name of the vocabulary may bring a figure of its own (25-OH-D-vitamin); a date is turned round.
                lost = Counter(figures(cell)) - Counter(figures(text))
                assert head == "today" or not lost, f"{head}: {cell} / {text}"


@others
def test_a_table_keeps_its_shape(code: LanguageCode) -> None:
    for table in all_tables():
        there = told(table, table_words(code))
        assert [bool(cell) for row in there.rows for cell in row] == [bool(cell) for row in table.rows for cell in row]
        assert [h for h in there.head if ID.fullmatch(h)] == [h for h in table.head if ID.fullmatch(h)]
        assert len(set(there.head)) == len(there.head), there.head


@pytest.mark.parametrize(
    ("column", "cell", "danish"),
    [
        ("TX-IND-1", "yes warning", "ja, advarsel"),
        ("TX-IND-1", "silenced", "holdt tilbage"),
        ("TX-IND-1", "unknown: egfr, t_score", "ukendt: eGFR, T-score"),
        ("hook", "order-sign", "En ordination underskrives"),
        ("sex", "male", "mand"),
        ("age", "59", "59"),
        ("menopause", "unknown", "ikke registreret"),
        ("today", "2025-04-30", "30.04.2025"),
        ("born", "-70y", "for 70 år siden"),
        ("t total_hip", "-2.5 @ -36m; -2.46", "−2,5 (for 36 mdr. siden); −2,46"),
        ("bmd total_hip", "0.800 @ -3y", "0,800 (for 3 år siden)"),
        ("calcium_ionised", "1.17 [1.18..1.32] @ -1d", "1,17 (reference 1,18–1,32, for 1 dag siden)"),
        ("p1np", "37 gm 38 @ -2m", "37 (geometrisk middelværdi 38, for 2 mdr. siden)"),
        ("smoking_status", "former @ -1y", "tidligere ryger (for 1 år siden)"),
        ("conditions", "anorexia @ -9y to -5y", "anoreksi, for 9 år siden til for 5 år siden"),
        ("condition kidney_transplant", "yes", "ja"),
        ("condition kidney_transplant", "-9y", "for 9 år siden"),
        (
            "fractures",
            "vertebral 20-25% low vfa @ -2m",
            "ryghvirvelbrud 20–25 %, lavenergi, set på VFA, for 2 mdr. siden",
        ),
        ("falls", "@ -1m; @ -12m-1d", "for 1 md. siden; for 12 mdr. og 1 dag siden"),
        (
            "family",
            "relative_fracture=no relative_dx_age=85",
            "slægtningen har ikke haft brud, diagnosen stillet ved 85 år",
        ),
        ("medications", "alendronate @ -6y to -1y", "alendronat, for 6 år siden til for 1 år siden"),
        ("medications", "prednisolone 5mg @ -1m for 90d", "prednisolon 5 mg, for 1 md. siden, i 90 dage"),
        (
            "medications",
            "prednisolone 25mg for 7d then 12.5mg for 1d @ -1m",
            "prednisolon 25 mg i 7 dage, derefter 12,5 mg i 1 dag, for 1 md. siden",
        ),
        ("medications", "prednisolone prn 187.5mg @ -1m", "prednisolon, p.n. 187,5 mg, for 1 md. siden"),
        ("medications", "calcium_vitd daily_mg=800", "calcium med D-vitamin 800 mg/dag"),
        ("dispensings", "alendronate @ -3m days_supply=84", "alendronat, for 3 mdr. siden, til 84 dage"),
        ("orders", "dxa completed @ -1m", "DXA, udført, for 1 md. siden"),
        ("appointments", "denosumab_injection @ +7m", "denosumab-injektion, om 7 mdr."),
        ("declined", "treatment @ -3m", "behandling, for 3 mdr. siden"),
        ("overrides", "TX-IND-1 @ -90d", "TX-IND-1, for 90 dage siden"),
        (
            "notes",
            "den_bp_plan=no; dental_status=poor",
            "bisfosfonat planlagt efter denosumab: nej; tandstatus: dårlig tandstatus",
        ),
        ("notes", "oral_bp_intolerance=-3m", "tåler ikke bisfosfonat i tabletform, for 3 mdr. siden"),
        ("draft", "stop denosumab; refer teriparatide", "stop af denosumab; henvisning til teriparatid"),
        ("draft", "order dxa interpretation_wanted=yes", "bestilling af DXA, tolkning ønskes"),
        ("draft", "denosumab @ +3m", "denosumab, om 3 mdr."),
        ("missing", "observations", "målinger og svar"),
        ("orders", "dxa @ -6m+1d", "DXA, for 6 mdr. minus 1 dag siden"),
        ("orders", "dxa @ today", "DXA, i dag"),
        ("egfr", "", ""),
    ],
)
def test_a_cell_in_danish(column: str, cell: str, danish: str) -> None:
    assert table_words("da").cell(column, cell) == danish


@pytest.mark.parametrize(
    ("column", "danish"),
    [
        ("t total_hip", "T-score, total hofte (SD)"),
        ("egfr", "eGFR (ml/min/1,73 m²)"),
        ("menopause age", "alder ved menopause"),
        ("note adherence_doubt", "tvivl om medicinen tages"),
        ("condition kidney_transplant", "nyretransplantation"),
        ("TX-IND-1", "TX-IND-1"),
    ],
)
def test_a_heading_in_danish(column: str, danish: str) -> None:
    assert table_words("da").heading(column) == danish


@pytest.mark.parametrize(
    ("ask", "told_to"),
    [
        (lambda say: say.row("part_02", "Smoking", "chews"), r'da/part_02\.toml: under \["Smoking"\] write "chews"'),
        (lambda say: say.title("part_02", "Snuff"), r'da/part_02\.toml: under \["Snuff"\] write "title"'),
        (lambda say: say.cell("medications", "snuff"), r'da/words\.toml: under \["name"\] write "drug\.snuff"'),
        (lambda say: say.cell("fractures", "hip odd"), r'da/words\.toml: under \["word"\] write "odd"'),
        (lambda say: say.cell("draft", "dxa brand=x"), r'da/words\.toml: under \["name"\] write "drug\.dxa"'),
        (lambda say: say.cell("medications", "ppi brand=x"), r'da/words\.toml: under \["key"\] write "brand"'),
        (lambda say: say.heading("snuff"), r'da/words\.toml: under \["name"\] write "concept\.snuff"'),
    ],
)
def test_what_is_missing_says_what_to_write_and_where(ask: Callable[[TableWords], str], told_to: str) -> None:
    with pytest.raises(KeyError, match=told_to):
        ask(table_words("da"))
