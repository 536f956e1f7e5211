"""What the doctor found, as text for a terminal or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from cds_service.doctor.check import Check
from cds_service.doctor.fhir import Examined
from cds_service.doctor.record import MOST, Understood

WIDTHS: Final = (7, 13)


def verdict(checks: Iterable[Check], examined: Examined | None) -> Counter[str]:
    """How many checks and templates ended in each state."""
    states = Counter(check.state for check in checks)
    states.update(each.state for each in (examined.asked if examined else ()))
    return Counter({str(state): number for state, number in states.items()})


def as_text(checks: list[Check], examined: Examined | None, understood: Understood | None) -> str:
    """The report in lines: each check, then the templates, then what was understood."""
    lines = [line for check in checks for line in _check(check)]
    if examined is not None and examined.asked:
        lines += ["", *_templates(examined)]
    if understood is not None:
        lines += _understood(understood)
    found = verdict(checks, examined)
    lines += ["", f"failed: {found['failed']}, warnings: {found['warning']}, ok: {found['ok']}"]
    return "\n".join(lines) + "\n"


def _check(check: Check) -> Iterator[str]:
    state, name = (text.ljust(width) for text, width in zip((check.state, check.name), WIDTHS, strict=True))
    yield f"{state}  {name}  {check.text}"
    if check.remedy:
        yield f"{'':{WIDTHS[0]}}  {'':{WIDTHS[1]}}  -> {check.remedy}"


def _templates(examined: Examined) -> Iterator[str]:
    yield f"{'':7}  {'template':26}{'resources':>10}{'pages':>7}{'ms':>8}"
    for each in examined.asked:
        said = "; ".join(
            filter(
                None,
                [each.reason, each.remedy and f"-> {each.remedy}", "later than the service waits" if each.late else ""],
            )
        )
        numbers = f"{each.resources:>10}{each.pages:>7}{each.ms:>8.0f}"
        yield f"{each.state:7}  {each.key:26}{numbers}  {said}".rstrip()


def _understood(found: Understood) -> Iterator[str]:
    if found.facts:
        yield from ("", "Facts read, and how many")
        for kind, names in found.facts.items():
            yield f"  {kind}: " + ", ".join(f"{name} {number}" for name, number in names.items())
    yield from _list("Codes of no known meaning, and how often", found.unknown.codes)
    yield from _list(
        "Code systems no table knows, and how often", Counter({(n,): c for n, c in found.unknown.systems.items()})
    )
    yield from _list("Units not known, and how often", found.units)
    yield from _list("Left out for other reasons, and how often", found.problems)


def _list(title: str, found: Counter[Any]) -> Iterator[str]:
    if found:
        yield from ("", title)
    for parts, number in ordered(found)[:MOST]:
        yield f"  {number:>5}  " + "  ".join(parts)
    if len(found) > MOST:
        yield f"         and {len(found) - MOST} more"


def ordered(found: Counter[Any]) -> list[tuple[Any, int]]:
    """The most frequent first, then by name."""
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))


def as_json(checks: list[Check], examined: Examined | None, understood: Understood | None) -> dict[str, Any]:
    """The same for machines."""
    states = verdict(checks, examined)
    body: dict[str, Any] = {
        "failed": states["failed"],
        "warnings": states["warning"],
        "ok": states["ok"],
        "checks": [_members(check, "name", "state", "text", "remedy") for check in checks],
    }
    if examined is not None:
        names = ("key", "resource_type", "state", "reason", "remedy", "resources", "pages", "ms", "late")
        body["fhir"] = {
            "server": examined.server,
            "fhirVersion": examined.version,
            "templates": [_members(each, *names) for each in examined.asked],
        }
    if understood is not None:
        body["record"] = {
            "facts": understood.facts,
            "sources": understood.sources,
            "unknownCodes": _rows(understood.unknown.codes, "resourceType", "system", "code"),
            "unknownSystems": [{"system": n, "count": c} for n, c in ordered(understood.unknown.systems)[:MOST]],
            "unknownUnits": _rows(understood.units, "fact", "unit", "expected"),
            "problems": _rows(understood.problems, "resourceType", "problem"),
        }
    return body


def _rows(found: Counter[Any], *names: str) -> list[dict[str, Any]]:
    return [dict(zip(names, parts, strict=True)) | {"count": number} for parts, number in ordered(found)[:MOST]]


def _members(each: object, *names: str) -> dict[str, Any]:
    found = {name: getattr(each, name) for name in names}
    return {"resourceType" if name == "resource_type" else name: value for name, value in found.items()}
