"""docs/interface.md names what there is: every command, address and member of an answer."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cds_service import cli
from cds_service.app import create_app
from cds_service.settings import Settings

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "interface.md").read_text(encoding="utf-8")


def test_every_command_is_named_with_its_options() -> None:
    commands = next(action for action in cli._parser()._actions if action.choices and action.dest == "command")
    assert commands.choices is not None
    for name in commands.choices:
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| `osteo-cds {name}"))
        options = {option for action in commands.choices[name]._actions for option in action.option_strings}  # type: ignore[index]
        assert {option for option in options if option.startswith("--") and option not in line} <= {
            *("--help", "--host", "--port", "--insecure"),
        }, name


def test_every_address_of_machines_is_named() -> None:
    rules = {rule.rule for rule in create_app(Settings()).url_map.iter_rules()}
    machines = {rule for rule in rules if not rule.startswith(("/workbench", "/rules"))}
    assert machines
    for rule in machines:
        assert f"`{re.sub('<[^>]*>', '{id}', rule)}" in PAGE.replace("`GET ", "`").replace("`POST ", "`"), rule


def test_every_member_of_an_answers_extension_is_named() -> None:
    schema = json.loads((ROOT / "cds_service" / "schemas" / "response.json").read_text(encoding="utf-8"))
    found: set[str] = set()

    def collect(node: object) -> None:
        if isinstance(node, dict):
            for name in ("org.osteo-cds.evaluation", "org.osteo-cds.card"):
                if isinstance(node.get(name), dict):
                    found.update(_resolved(schema, node[name]).get("properties", {}))
            for below in node.values():
                collect(below)
        elif isinstance(node, list):
            for below in node:
                collect(below)

    collect(schema)
    assert {"fired", "unknown", "key"} <= found
    assert not [name for name in found if f"`{name}`" not in PAGE]


def _resolved(schema: dict[str, object], node: dict[str, object]) -> dict[str, dict[str, object]]:
    reference = node.get("$ref")
    if isinstance(reference, str):
        found: object = schema
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(found, dict)
            found = found[part]
        assert isinstance(found, dict)
        return found
    return node  # type: ignore[return-value]
