"""osteo-cds doctor on this machine: settings, clients, keys, clock, database. Nothing is changed by looking."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from cds_service import cli
from cds_service.doctor import clock
from cds_service.settings import unknown_names
from tests.databases import KEY, memory_in
from tests.tokens import Published, jwk, key_server, key_set

Run = Callable[..., tuple[int, dict[str, list[dict[str, str]]]]]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No settings but a database in a folder of its own, which is given."""
    for name in list(os.environ):
        if name.startswith("OSTEO_CDS_") and name != "OSTEO_CDS_TEST_POSTGRESQL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("OSTEO_CDS_DATABASE_URL", f"sqlite:///{tmp_path / 'made.sqlite'}")
    return tmp_path


@pytest.fixture
def run(environ: Path, capsys: pytest.CaptureFixture[str]) -> Run:  # noqa: ARG001
    """Runs the doctor; the exit code, and the checks by name."""

    def ran(*arguments: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
        code = cli.main(["doctor", "--json", *arguments])
        found: dict[str, list[dict[str, str]]] = {}
        for check in json.loads(capsys.readouterr().out)["checks"]:
            found.setdefault(check["name"], []).append(check)
        return code, found

    return ran


def states(checks: list[dict[str, str]]) -> list[str]:
    return [check["state"] for check in checks]


def clients_file(folder: Path, **fields: Any) -> str:
    """A clients file of one development client."""
    entry = {"name": "ehr", "iss": "https://ehr.example.org", "algorithms": ["ES384"], "development": True} | fields
    lines = [f"{name} = {json.dumps(value)}" for name, value in entry.items()]
    path = folder / "clients.toml"
    path.write_text("[[client]]\n" + "\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_service_open_on_loopback_is_well_and_nothing_is_made(
    run: Run, environ: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = run()
    assert code == 0
    assert {name: states(checks) for name, checks in found.items()} == {
        "settings": ["ok"],
        "clients": ["ok"],
        "public URL": ["ok"],
        "guideline": ["ok"],
        "database": ["warning"],
        "patient key": ["ok"],
        "clock": ["ok"],
    }
    assert "277 of 277" in found["guideline"][0]["text"]
    assert "not there yet" in found["database"][0]["text"]
    assert list(environ.iterdir()) == []
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith("failed: 0, warnings: 1, ok: 6\n")


def test_settings_are_named_with_where_they_come_from_and_never_their_text(
    run: Run, environ: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = environ / "osteo.toml"
    config.write_text(f'language = "en"\npatient_key = "{KEY}"\n[content]\nP_ALCOHOL = 14\n', encoding="utf-8")
    monkeypatch.setenv("OSTEO_CDS_CONFIG", str(config))
    monkeypatch.setenv("OSTEO_CDS_LANGUGE", "da")
    monkeypatch.setenv("OSTEO_CDS_DOCTOR_TOKEN", "a-token-of-the-doctor")
    monkeypatch.setenv("OSTEO_CDS_TODAY", "2025-03-10")
    code, found = run()
    assert code == 0
    said = found["settings"][0]["text"]
    assert "OSTEO_CDS_DATABASE_URL, OSTEO_CDS_TODAY from the environment" in said.replace("OSTEO_CDS_LANGUAGE, ", "")
    assert f"from {config}" in said
    assert [check["text"] for check in found["settings"][1:]] == ["OSTEO_CDS_LANGUGE is no setting of this service"]
    assert found["content"][0]["text"].startswith("changed here: P_ALCOHOL 14 (default ")
    assert states(found["clock"]) == ["ok", "warning"]
    assert "every day is 2025-03-10" in found["clock"][1]["text"]
    assert found["patient key"][0]["text"] == "given as a setting"
    assert cli.main(["doctor"]) == 0
    output = capsys.readouterr()
    assert KEY not in output.out + output.err
    assert "a-token-of-the-doctor" not in output.out + output.err


def test_the_token_of_the_doctor_is_no_unknown_setting() -> None:
    assert unknown_names({"OSTEO_CDS_DOCTOR_TOKEN": "x", "OSTEO_CDS_DOCTOR": "x"}) == ["OSTEO_CDS_DOCTOR"]


def test_every_mistake_is_told_not_the_first_alone(run: Run, monkeypatch: pytest.MonkeyPatch, environ: Path) -> None:
    broken = environ / "clients.toml"
    broken.write_text("[[client]]\nname = 'ehr'\n", encoding="utf-8")
    monkeypatch.setenv("OSTEO_CDS_CLIENTS", str(broken))
    monkeypatch.setenv("OSTEO_CDS_AUTH", "required")
    monkeypatch.setenv("OSTEO_CDS_LANGUAGE", "de")
    monkeypatch.setenv("OSTEO_CDS_RATE_LIMIT", "many")
    code, found = run()
    assert code == 1
    wrong = [check["text"] for checks in found.values() for check in checks if check["state"] == "failed"]
    assert [text.partition(":")[0] for text in sorted(wrong)] == [
        "OSTEO_CDS_CLIENTS",
        "OSTEO_CDS_LANGUAGE",
        "OSTEO_CDS_RATE_LIMIT",
    ]
    assert "iss" in found["clients"][0]["text"]


@pytest.mark.parametrize(
    ("arguments", "settings", "named"),
    [
        (("--host", "0.0.0.0"), {}, "OSTEO_CDS_AUTH"),
        (("--host", "0.0.0.0"), {"OSTEO_CDS_AUTH": "required"}, "OSTEO_CDS_AUTH"),
        (("--host", "0.0.0.0", "--insecure"), {"OSTEO_CDS_TODAY": "2025-03-10"}, "OSTEO_CDS_TODAY"),
        ((), {"OSTEO_CDS_CONFIG": "/no/such/file.toml"}, "OSTEO_CDS_CONFIG"),
        ((), {"OSTEO_CDS_DATABASE_URL": "mysql://me:secret@host/name"}, "OSTEO_CDS_DATABASE_URL"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_would_stop_the_service_fails_here(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    environ: Path,
    arguments: tuple[str, ...],
    settings: dict[str, str],
    named: str,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("cds_service.store.location.default_url", lambda: f"sqlite:///{environ / 'default.sqlite'}")
    code, found = run(*arguments)
    assert code == 1
    [text] = [check["text"] for check in found["settings"] if check["state"] == "failed"]
    assert text.startswith(named)
    assert "secret" not in str(found)


class TestKeys:
    def checked(self, run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path, **fields: Any) -> dict[str, str]:
        monkeypatch.setenv("OSTEO_CDS_CLIENTS", clients_file(folder, **fields))
        monkeypatch.setenv("OSTEO_CDS_AUTH", "required")
        code, found = run()
        [check] = found["keys"]
        assert code == (1 if check["state"] == "failed" else 0)
        assert states(found["clients"]) == ["ok"]
        return check

    def test_of_a_key_server_are_fetched_and_counted(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, environ: Path
    ) -> None:
        with key_server() as server:
            server.body = key_set(jwk(), jwk(kid="key-2"), jwk(kid="other", use="enc"))
            check = self.checked(run, monkeypatch, environ, jwks_url=server.url())
            assert server.asked == 1
        assert check["state"] == "ok"
        assert check["text"] == "ehr: 2 usable; left out: 1 for another use"

    @pytest.mark.parametrize(
        ("status", "body", "said"),
        [(500, b"", "status 500"), (200, b"<html>", "no JWK Set"), (200, key_set(), "no usable key")],
    )
    def test_that_cannot_be_had_fail(
        self,
        run: Run,
        monkeypatch: pytest.MonkeyPatch,
        environ: Path,
        status: int,
        body: bytes,
        said: str,
    ) -> None:
        with key_server() as server:
            server.status, server.body = status, body
            check = self.checked(run, monkeypatch, environ, jwks_url=server.url())
        assert check["state"] == "failed"
        assert said in check["text"]
        assert check["remedy"]

    def test_of_a_file_count_by_the_algorithms_agreed(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, environ: Path
    ) -> None:
        file = environ / "keys.json"
        file.write_bytes(key_set(jwk()))
        assert self.checked(run, monkeypatch, environ, jwks_file="keys.json")["text"] == "ehr: 1 usable"
        check = self.checked(run, monkeypatch, environ, jwks_file="keys.json", algorithms=["RS384"])
        assert (check["state"], check["text"]) == ("failed", "ehr: 1 usable; none for RS384")
        file.unlink()
        assert "keys.json" in self.checked(run, monkeypatch, environ, jwks_file="keys.json")["text"]

    def test_are_not_needed_by_an_open_service(self, run: Run, monkeypatch: pytest.MonkeyPatch, environ: Path) -> None:
        monkeypatch.setenv("OSTEO_CDS_CLIENTS", clients_file(environ, jwks_file="none.json"))
        code, found = run()
        assert (code, states(found["keys"])) == (0, ["warning"])


class TestClock:
    @pytest.mark.parametrize(
        ("seconds", "state", "said"),
        [
            (0, "ok", "the same time"),
            (-30, "warning", "s behind this machine"),
            (30, "warning", "s ahead of this machine"),
            (300, "failed", "tokens would be refused"),
            (-300, "failed", "tokens would be refused"),
        ],
    )
    def test_is_compared_with_that_of_the_key_server(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, environ: Path, seconds: int, state: str, said: str
    ) -> None:
        with key_server() as server:
            tell_time(monkeypatch, server, seconds)
            monkeypatch.setenv("OSTEO_CDS_CLIENTS", clients_file(environ, jwks_url=server.url()))
            code, found = run()
        [_, check] = found["clock"]
        assert (check["state"], code) == (state, 1 if state == "failed" else 0)
        assert said in check["text"]
        assert server.url() in check["text"]

    def test_a_date_that_is_none_says_nothing(self) -> None:
        clocks = clock.Clocks(lambda: 0.0)
        clocks.of("a")({})
        clocks.of("b")({"Date": "yesterday"})
        assert clocks.ahead == {}


def tell_time(monkeypatch: pytest.MonkeyPatch, server: Published, seconds: int) -> None:
    """Let the server's clock be that far ahead."""
    monkeypatch.setattr(
        "http.server.BaseHTTPRequestHandler.date_time_string",
        lambda *_: formatdate(time.time() + seconds, usegmt=True),
    )
    assert server.status == 200


class TestDatabase:
    def made(self, folder: Path) -> Path:
        path = folder / "made.sqlite"
        memory_in(f"sqlite:///{path}", patient_key=None).close()
        return path

    def test_that_is_there_is_ready(self, run: Run, environ: Path) -> None:
        path = self.made(environ)
        code, found = run()
        assert (code, states(found["database"]), states(found["patient key"])) == (0, ["ok"], ["ok"])
        assert str(path) in found["database"][0]["text"]

    def test_of_a_later_version_fails_and_stays_as_it_is(self, run: Run, environ: Path) -> None:
        path = self.made(environ)
        self.set_version(path, "9999")
        before = path.read_bytes()
        code, found = run()
        assert (code, states(found["database"])) == (1, ["failed"])
        assert "schema 9999" in found["database"][0]["text"]
        assert path.read_bytes() == before

    def test_of_an_earlier_version_is_not_migrated(self, run: Run, environ: Path) -> None:
        path = self.made(environ)
        self.set_version(path, "0001")
        before = path.read_bytes()
        code, found = run()
        assert (code, states(found["database"])) == (0, ["warning"])
        assert "back it up" in found["database"][0]["remedy"]
        assert path.read_bytes() == before

    def test_that_is_none_fails(self, run: Run, environ: Path) -> None:
        (environ / "made.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 20)
        code, found = run()
        assert (code, states(found["database"])[0]) == (1, "failed")

    def test_open_to_others_is_told(self, run: Run, environ: Path) -> None:
        path = self.made(environ)
        path.chmod(0o644)
        Path(f"{path}.key").chmod(0o644)
        code, found = run()
        assert (code, states(found["database"]), states(found["patient key"])) == (1, ["ok", "warning"], ["failed"])
        assert "chmod 600" in found["patient key"][0]["text"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def test_without_its_key_is_told(self, run: Run, environ: Path) -> None:
        key = Path(f"{self.made(environ)}.key")
        key.unlink()
        code, found = run()
        assert (code, states(found["patient key"])) == (0, ["warning"])
        assert not key.exists()

    def test_postgresql_that_cannot_be_reached_fails(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        monkeypatch.setenv("OSTEO_CDS_DATABASE_URL", f"postgresql://me:secret@127.0.0.1:{port}/name")
        code, found = run()
        assert (code, states(found["database"]), states(found["patient key"])) == (1, ["failed"], ["failed"])
        assert "secret" not in str(found)

    def set_version(self, path: Path, version: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize(
    ("url", "state", "said"),
    [
        ("https://127.0.0.1:8443", "ok", "this machine only"),
        ("http://cds.example.org", "warning", "not https"),
        ("https://no-such-name.invalid", "warning", "cannot be resolved"),
        ("https://192.0.2.1", "ok", "https://192.0.2.1"),
    ],
)
def test_the_public_url(run: Run, monkeypatch: pytest.MonkeyPatch, url: str, state: str, said: str) -> None:
    monkeypatch.setenv("OSTEO_CDS_PUBLIC_URL", url)
    [check] = run()[1]["public URL"]
    assert (check["state"], said in check["text"]) == (state, True)
