"""The shape of the house: imports point left, and only the outermost layer knows the time and the settings."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fhir_mappings import drugs
from hooks.guideline import drafted

ROOT = Path(__file__).parent.parent
OURS = ("fhir_mappings", "hooks", "cds_service")
#: What each part may import of ours.
MAY_IMPORT = {
    "fhir_mappings": ("fhir_mappings",),
    "hooks": ("hooks", "fhir_mappings"),
    "hooks/guideline": ("hooks.guideline", "fhir_mappings.facts"),
    "cds_service": OURS,
}
#: What may tell the day or the time of day.
CLOCKS = {
    "date.today",
    "datetime.today",
    "datetime.now",
    "datetime.utcnow",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "time.strftime",
}


def modules(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, also inside functions; relative imports are not used."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inside(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_point_left(part: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(part)
        for name in imports(path)
        if inside(name, OURS) and not inside(name, MAY_IMPORT[part])
    ]
    assert wrong == []


def test_the_rules_use_nothing_but_the_standard_library() -> None:
    """A rule that needs a library, FHIR or the web is in the wrong place."""
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules("hooks/guideline")
        for name in imports(path)
        if not inside(name, OURS) and name.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert wrong == []


@pytest.mark.parametrize("part", ["fhir_mappings", "hooks"])
def test_only_the_outermost_layer_knows_the_time_and_the_environment(part: str) -> None:
    wrong = []
    for path in modules(part):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
                owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                if f"{owner}.{node.attr}" in CLOCKS or f"{owner}.{node.attr}" in ("os.environ", "os.getenv"):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {owner}.{node.attr}")
    assert wrong == []


@pytest.mark.parametrize("part", ["fhir_mappings", "hooks"])
def test_the_inner_layers_know_no_web(part: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(part)
        for name in imports(path)
        if inside(name, ("flask", "werkzeug", "granian", "requests", "http", "urllib.request", "socket"))
    ]
    assert wrong == []


def test_readers_and_rules_mean_the_same_drugs() -> None:
    """Each layer names its drugs itself, as a rule sees facts alone: a drug added to one belongs in the other."""
    assert drafted.BONE_DRUGS == drugs.BONE_DRUGS
    assert drafted.SUPPLEMENTS == drugs.SUPPLEMENTS
    assert drafted.GLUCOCORTICOIDS == drugs.GLUCOCORTICOIDS
