"""The notation of the decision tables (tests/guideline/README.md)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.decision_table import Row, rows


def _row(folder: Path, cells: dict[str, str]) -> Row:
    """A table of one row."""
    heading = {"patient": "somebody", **cells}
    table = f"| {' | '.join(heading)} |\n|{'---|' * len(heading)}\n| {' | '.join(heading.values())} |\n"
    (folder / "part_99.md").write_text(table, encoding="utf-8")
    return next(iter(rows(folder)))


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("-2.5", date(2025, 3, 15)),
        ("-2.5 @ 2024-02-29", date(2024, 2, 29)),
        ("-2.5 @ -6m", date(2024, 9, 15)),
        ("-2.5 @ -36m-1d", date(2022, 3, 14)),
        ("-2.5 @ -1y+1d", date(2024, 3, 16)),
    ],
)
def test_a_value_with_its_day(tmp_path: Path, cell: str, day: date) -> None:
    found = _row(tmp_path, {"t total_hip": cell}).vignette["observations"]
    assert found == [{"concept": "t_score", "site": "total_hip", "date": day, "value": -2.5}]


@pytest.mark.parametrize(
    ("column", "cell", "section", "item"),
    [
        (
            "fractures",
            "vertebral 20-25% low @ -1m",
            "conditions",
            {"concept": "fracture", "site": "vertebral", "compression_pct": "20-25", "low_energy": True},
        ),
        ("conditions", "coeliac", "conditions", {"concept": "coeliac"}),
        ("family", "relative_fracture=no", "conditions", {"relative_fracture": False}),
        (
            "medications",
            "prednisolone 25mg for 7d then 12.5mg for 14d @ -1m",
            "medications",
            {"steps": [{"dose_mg": 25.0, "days": 7}, {"dose_mg": 12.5, "days": 14}]},
        ),
        ("medications", "prednisolone prn 187.5mg @ -1m", "medications", {"prn": True, "dispensed_mg": 187.5}),
        ("medications", "calcium_vitd", "medications", {"drug": "calcium_vitd", "start": date(2024, 3, 15)}),
        ("draft", "stop denosumab", "draft_orders", {"kind": "stop", "drug": "denosumab"}),
        ("draft", "refer teriparatide", "draft_orders", {"kind": "referral", "concept": "teriparatide"}),
        ("orders", "dxa completed @ -1m", "orders", {"concept": "dxa", "status": "completed"}),
        ("overrides", "TX-IND-1 @ -90d", "overrides", {"rec": "TX-IND-1", "date": date(2024, 12, 15)}),
    ],
)
def test_an_item_of_a_list(tmp_path: Path, column: str, cell: str, section: str, item: dict[str, Any]) -> None:
    (found,) = _row(tmp_path, {column: cell}).vignette[section]
    assert {key: found[key] for key in item} == item


def test_an_empty_record_is_a_woman_of_70_after_the_menopause(tmp_path: Path) -> None:
    vignette = _row(tmp_path, {"egfr": ""}).vignette
    assert vignette["patient"] == {"sex": "female", "age": 70, "menopause_status": "post"}
    assert vignette["hook"] == "patient-view"
    assert vignette["observations"] == []


def test_a_draft_is_signed_unless_the_table_says_otherwise(tmp_path: Path) -> None:
    assert _row(tmp_path, {"draft": "alendronate"}).vignette["hook"] == "order-sign"


@pytest.mark.parametrize("cells", [{"egfr": "60 @ -6x"}, {"draft": "alendronate nonsense"}])
def test_a_cell_that_cannot_be_read_is_named(tmp_path: Path, cells: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"part_99\.md:3"):
        _row(tmp_path, cells)
