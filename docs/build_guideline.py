"""Write docs/guideline.md from the register: what every rule says, where it comes from, what checks it.

    python -m docs.build_guideline          writes the page
    python -m docs.build_guideline --check  fails when the page is not what the register says

Nothing in the page is written by hand. Each recommendation has a permanent address in it,
`guideline.md#tx-ind-1`. The reading of contradictions and the coverage of the sources are the
two csv files beside this one.
"""

from __future__ import annotations

import csv
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from hooks.guideline.defaults import Defaults
from hooks.guideline.numbers import numbers_of
from hooks.guideline.reading import Words, sentence
from hooks.guideline.register import GROUPS, RULES, catalogue
from hooks.guideline.rule import Rule, always
from hooks.guideline.thresholds import EQUIVALENT_OF_5_MG_PREDNISOLONE, THRESHOLDS
from hooks.rule_words import words_of_rules

HERE = Path(__file__).parent
PAGE = HERE / "guideline.md"
ROOT = HERE.parent
HEADING = """\
# The guideline as rules

Generated from the register by `python -m docs.build_guideline`; a test keeps it so. Sources: the DSAM clinical
guideline on osteoporosis for general practice (May 2024; sections §, boxes, figures, tables, B = appendix) and the
background article on aetiology and risk factors (A). The logic below is made from the rule functions themselves.
"""


def page() -> str:
    """The whole page."""
    parts = [HEADING, _contents(), *(_group(number) for number in range(1, 20)), _numbers(), _defaults()]
    parts += [_contradictions(), _coverage()]
    return "\n".join(parts).rstrip() + "\n"


def anchor(recommendation: str) -> str:
    """The permanent address of a recommendation in the page."""
    return recommendation.lower()


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"

    head = list(head)
    return "\n".join([line(head), "|" + "---|" * len(head), *(line(row) for row in rows)]) + "\n"


def _contents() -> str:
    implemented = sum(entry.id in RULES for entry in catalogue())
    lines = [f"{implemented} of {len(catalogue())} recommendations are implemented.", ""]
    titles = _titles()
    for number in range(1, 20):
        ids = [e.id for e in catalogue() if e.part == number]
        lines.append(f"- **{number} {titles.get(number, '')}**: " + ", ".join(f"[{i}](#{anchor(i)})" for i in ids))
    return "\n".join(lines) + "\n"


def _titles() -> dict[int, str]:
    """The title of each part: that of its first group."""
    titles: dict[int, str] = {}
    for group in GROUPS:
        titles.setdefault(group.part, group.title)
    return titles


def _group(number: int) -> str:
    titles = _titles()
    entries = [e for e in catalogue() if e.part == number]
    body = [_entry(RULES[e.id]) if e.id in RULES else f"### {e.id}\n\n{e.title}. Not implemented.\n" for e in entries]
    return f"## {number} {titles.get(number, '')}\n\n" + "\n".join(body)


def _entry(rule: Rule) -> str:
    used = numbers_of(rule, _words())
    lines = [
        f'<a id="{anchor(rule.id)}"></a>\n\n### {rule.id} {rule.title}\n',
        _table(
            ("section", "strength", "hooks", "card", "indicator"),
            [(rule.section, rule.strength, _hooks(rule), rule.card, _indicator(rule))],
        ),
        f"- Logic: {_logic(rule)}",
    ]
    if rule.logic.__doc__ and not rule.is_explanation:
        lines.append(f"- Reading: {' '.join(rule.logic.__doc__.split())}")
    numbers = [*(n for n in THRESHOLDS if n in used), *(n for n in Defaults.__dataclass_fields__ if n in used)]
    if numbers:
        lines.append("- Numbers: " + ", ".join(f"[`{n}`](#{n.lower()})" for n in numbers))
    lines.append(f"- Function: {_function(rule)}; texts: `texts/da|en/part_{_part(rule.id):02}.toml` `[{rule.id}]`")
    contradictions = [row["number"] for row in _rows("contradictions.csv") if rule.id in _ids(row["resolution"])]
    if contradictions:
        lines.append("- Contradictions: " + ", ".join(f"[{c}](#{c.lower()})" for c in contradictions))
    lines.append(f"- Checked by: {_checks(rule.id)}")
    return "\n".join(lines) + "\n"


def _hooks(rule: Rule) -> str:
    return "explanation" if rule.is_explanation else ", ".join(sorted(rule.hooks))


def _indicator(rule: Rule) -> str:
    if isinstance(rule.indicator, str):
        return rule.indicator
    return " ".join((rule.indicator.__doc__ or "by case").split()).rstrip(".")


def _logic(rule: Rule) -> str:
    own = sentence(rule, _words(), Defaults())
    if not rule.is_explanation:
        return own
    parents = ", ".join(f"[{p}](#{anchor(p)})" for p in rule.shown_with)
    condition = "" if rule.logic is always else f", when {own}"
    return f"shown with {parents}{condition}"


def _function(rule: Rule) -> str:
    function = inspect.unwrap(rule.logic)
    if rule.is_explanation:
        return "none of its own" if function is always else f"`{function.__name__}`"
    return f"`{Path(inspect.getfile(function)).relative_to(ROOT).as_posix()}` `{function.__name__}`"


@cache
def _words() -> Words:
    return words_of_rules("en")


@cache
def _part_of() -> dict[str, int]:
    return {entry.id: entry.part for entry in catalogue()}


def _part(recommendation: str) -> int:
    return _part_of()[recommendation]


@cache
def _vignettes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for vignette in yaml.safe_load((ROOT / "tests" / "vignettes.yaml").read_text(encoding="utf-8")):
        ids = [e["id"] for e in vignette["expect"]] + list(vignette["not_expect"])
        for recommendation in dict.fromkeys(ids):
            found[recommendation].append(vignette["id"])
    return found


@cache
def _decision_tables() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests" / "guideline").glob("part_*.md")):
        for recommendation in sorted(_ids(path.read_text(encoding="utf-8"))):
            found[recommendation].append(path.name)
    return found


def _checks(recommendation: str) -> str:
    vignettes = _vignettes().get(recommendation, [])
    shown = ", ".join(vignettes[:12]) + (f" and {len(vignettes) - 12} more" if len(vignettes) > 12 else "")
    tables = ", ".join(f"[{name}](../tests/guideline/{name})" for name in _decision_tables().get(recommendation, []))
    return "; ".join(part for part in (f"{len(vignettes)} vignettes ({shown})" if vignettes else "", tables) if part)


def _ids(text: str) -> set[str]:
    return set(re.findall(r"\b[A-Z]+(?:-[A-Z0-9]+)*-[0-9]+\b", text)) & set(_part_of())


def _numbers() -> str:
    rows = [
        (f'<a id="{t.name.lower()}"></a>`{t.name}`', f"{t.value:g} {t.unit}", t.section, t.reading)
        for t in THRESHOLDS.values()
    ]
    equivalents = ", ".join(f"{drug} {mg:g} mg" for drug, mg in EQUIVALENT_OF_5_MG_PREDNISOLONE.items())
    return (
        "## Numbers of the guideline\n\n"
        + _table(("name", "value", "section", "our reading"), rows)
        + f"\nEquivalent to 5 mg prednisolone (pharmacology, not from the guideline): {equivalents}.\n"
    )


def _defaults() -> str:
    rows = [
        (
            f'<a id="{name}"></a>`{name}`',
            f"{getattr(Defaults(), name):g} {field.metadata['unit']}",
            field.metadata["origin"],
            field.metadata["reading"],
        )
        for name, field in Defaults.__dataclass_fields__.items()
    ]
    return "## Defaults a deployment may change\n\nOrigin: G guideline, A article, D our default.\n\n" + _table(
        ("name", "value", "origin", "meaning"), rows
    )


def _contradictions() -> str:
    rows = [
        (f'<a id="{r["number"].lower()}"></a>{r["number"]}', *list(r.values())[1:]) for r in _rows("contradictions.csv")
    ]
    head = ("no.", "contradiction or gap", "where", "our reading", "alternative noted")
    return "## Contradictions and gaps in the sources\n\n" + _table(head, rows)


def _coverage() -> str:
    def linked(ids: str) -> str:
        return re.sub(r"[A-Z]+(?:-[A-Z0-9]+)*-[0-9]+", lambda m: f"[{m[0]}](#{anchor(m[0])})", ids)

    rows = [(r["section"], linked(r["recommendations"]), r["remarks"]) for r in _rows("coverage.csv")]
    return "## Every part of the sources\n\n" + _table(("part", "recommendations", "not computable, remarks"), rows)


def main() -> int:
    """Write or check the page."""
    text = page()
    if "--check" in sys.argv[1:]:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print(
            "docs/guideline.md is up to date"
            if same
            else "docs/guideline.md differs: run python -m docs.build_guideline"
        )
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
