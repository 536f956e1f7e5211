"""How many worked patients and rows of decision tables check each recommendation, for `osteo-cds rules`.

python -m tests.count_checks     writes cds_service/checks.csv
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.decision_table import rows
from tests.vignette_requests import load_vignettes

FILE = Path(__file__).parent.parent / "cds_service" / "checks.csv"


def counted() -> str:
    """The file's text: id, and the number of vignettes and table rows that say whether it fires."""
    names: Counter[str] = Counter()
    for vignette in load_vignettes():
        names.update({expected["id"] for expected in vignette["expect"]} | set(vignette["not_expect"]))
    for row in rows():
        names.update(row.answers.keys())
    return "id,tests\n" + "".join(f"{name},{number}\n" for name, number in sorted(names.items()))


if __name__ == "__main__":
    FILE.write_text(counted(), encoding="utf-8")
