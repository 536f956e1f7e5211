"""The README is true: its commands work, and every setting and service is in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import orjson
import pytest

from cds_service import cli
from cds_service.content import overrides
from cds_service.setting_readers import READERS
from cds_service.settings import CONFIG, load_settings
from hooks.services import SERVICES
from tests.conftest import ServiceClient
from tests.readme_card import README, written

ROOT = README.parent
TEXT = README.read_text(encoding="utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
TOML = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


def test_one_line_runs_the_service_and_one_the_tests() -> None:
    assert [block.rpartition("&&")[2].split()[0] for block in SHELL[:2]] == [".venv/bin/osteo-cds", ".venv/bin/pytest"]
    assert all(len(block.splitlines()) == 1 for block in SHELL[:2])


def test_the_card_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert written() == TEXT, "run python -m tests.readme_card"


def test_the_example_can_be_posted(service: ServiceClient) -> None:
    [path] = re.findall(r"-d @(\S+)", TEXT)
    assert service.answer(orjson.loads((ROOT / path).read_bytes()))["cards"]


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.json")), ids=lambda path: path.name)
def test_every_example_has_a_card(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", str(path), "--lang", "en", "--today", "2025-03-10"]) == 0
    assert capsys.readouterr().out.startswith(("WARNING: ", "CRITICAL: ", "INFORMATION: "))


@pytest.mark.parametrize("name", [CONFIG, *READERS])
def test_every_setting_is_in_the_table(name: str) -> None:
    assert f"| {name} | " in TEXT


def test_no_other_setting_is_promised() -> None:
    assert set(re.findall(r"OSTEO_CDS_[A-Z_]+", TEXT)) <= {CONFIG, *READERS}


@pytest.mark.parametrize("service_id", [service.id for service in SERVICES])
def test_every_service_is_in_the_table(service_id: str) -> None:
    assert f"| `{service_id}` | " in TEXT


def test_the_clients_file_works(tmp_path: Path) -> None:
    example = next(block for block in TOML if "[[client]]" in block)
    path = tmp_path / "clients.toml"
    path.write_text(example, encoding="utf-8")
    [client] = load_settings({"OSTEO_CDS_CLIENTS": str(path)}).clients
    assert set(tomllib.loads(example)["client"][0]) <= set(client.__dataclass_fields__)


def test_the_changed_numbers_are_numbers_of_the_content(tmp_path: Path) -> None:
    path = tmp_path / "osteo.toml"
    path.write_text(next(block for block in TOML if "[content]" in block), encoding="utf-8")
    assert overrides(load_settings({CONFIG: str(path)}).content)


def test_every_path_exists() -> None:
    named = re.findall(r"`((?:\w+/)+[\w.]+)`", TEXT)
    assert named
    assert [path for path in named if "<" not in path and "NN" not in path and not (ROOT / path).exists()] == []
