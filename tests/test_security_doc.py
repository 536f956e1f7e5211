"""docs/security.md is true: its files work, and its words and numbers are those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from cds_service.authentication import fetching, key_sets, key_sources, tokens
from cds_service.authentication.rejection import Reason
from cds_service.clients import ALGORITHMS
from cds_service.settings import load_settings

TEXT = (Path(__file__).parent.parent / "docs" / "security.md").read_text(encoding="utf-8")
PLAIN = re.sub(r"[*`\s]+", " ", TEXT)


def test_the_clients_file_works(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    path = tmp_path / "clients.toml"
    path.write_text(example, encoding="utf-8")
    environ = dict(re.findall(r"(OSTEO_CDS_\w+)=(\S+)", re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0]))
    settings = load_settings(environ | {"OSTEO_CDS_CLIENTS": str(path)}, host="0.0.0.0")
    assert [client.name for client in settings.clients] == ["north", "sandbox"]


def test_every_reason_is_explained() -> None:
    table = TEXT.partition("| word | meaning |")[2]
    words = {word for line in table.splitlines() if line.startswith("| ") for word in line.split("|")[1].split(", ")}
    assert {word.strip() for word in words} | {"store"} == set(get_args(Reason))
    assert "(log: `store`)" in TEXT


def test_every_algorithm_and_refused_member_is_named() -> None:
    [line] = [line for line in TEXT.splitlines() if line.startswith("| `alg` |")]
    assert set(re.findall(r"(?:ES|PS|RS)\d+|EdDSA", line.partition(" `none`")[0])) == ALGORITHMS
    [line] = [line for line in TEXT.splitlines() if line.startswith("| `jwk`, ")]
    assert set(re.findall(r"`(\w+)`", line)) == tokens.REFUSED_MEMBERS


@pytest.mark.parametrize(
    "words",
    [
        f"at most {tokens.LONGEST_HEADER} characters",
        f"1 to {tokens.LONGEST_JTI} printable characters",
        f"at most {tokens.LONGEST_LIFE // 60} minutes",
        f"give or take {tokens.LEEWAY} seconds",
        f"counts for {key_sources.TTL // 60} minutes",
        f"at most once in {key_sources.COOL_DOWN} seconds",
        f"for {key_sources.LAST_GOOD // 3600} hours at most",
        f"more than {fetching.LARGEST // 1024} KB, more than {fetching.DEADLINE:.0f} seconds",
        f"RSA from {key_sets.FEWEST_BITS} to {key_sets.MOST_BITS} bits",
    ],
)
def test_the_numbers_are_those_of_the_code(words: str) -> None:
    assert words in PLAIN
