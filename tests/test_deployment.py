"""docs/deployment.md is true: its settings, metrics, limits and members of a record are those of the service."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import yaml

from cds_service import cli, server
from cds_service.audit.fhir import audit_event
from cds_service.audit.record import record
from cds_service.calls import Call
from cds_service.metrics import FETCH_FAILURES, Metrics
from cds_service.setting_readers import MEGABYTE, READERS
from cds_service.settings import CONFIG, DOCTOR_TOKEN, Settings
from tests.readme_card import README

PAGE = README.parent / "docs" / "deployment.md"
TEXT = PAGE.read_text(encoding="utf-8")


def block(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return str(found)


def seconds(name: str, text: str) -> int:
    return int(re.findall(rf"{name}[ =](\d+)", text)[0])


def whole() -> Call:
    """A call with everything a record may have."""
    call = Call("id", 0.0, datetime.now(UTC), kind="call", status=200, client="a", claimed="b", service="s", hook="h")
    call.hook_instance, call.problem, call.fault = "i", "p", "f"
    call.recommendations, call.cards, call.unknown = ["R"], [("R", "info")], frozenset({"egfr"})
    call.fetch_failures = dict.fromkeys(FETCH_FAILURES, 1)
    call.feedback = {"accepted": 1}
    for part in ("parse", "fetch", "rules", "write"):
        call.spent(part, 1.0)
    return call


def test_every_setting_is_one() -> None:
    assert {f"OSTEO_CDS_{name.upper()}" for name in tomllib.loads(block("toml"))} <= set(READERS)
    assert set(re.findall(r"OSTEO_CDS_[A-Z_]+", TEXT)) <= {CONFIG, DOCTOR_TOKEN, *READERS}


def test_the_service_is_started_as_the_command_is_called() -> None:
    [command] = re.findall(r"^ExecStart=\S+/osteo-cds (.*)$", block("ini"), re.MULTILINE)
    given = cli._parser().parse_args(command.split())
    assert (given.command, given.host, given.insecure) == ("serve", "127.0.0.1", False)


def test_times_and_sizes_fit_together() -> None:
    """systemd waits longer than the service, and the proxy closes idle connections first."""
    assert seconds("TimeoutStopSec", block("ini")) > server.GRACE + server.RECORDING
    assert f"at most {server.GRACE} seconds" in TEXT
    proxy = block("nginx")
    assert seconds("keepalive_timeout", proxy) < server.HEADERS_WITHIN
    assert f"the service gives headers {server.HEADERS_WITHIN} seconds" in TEXT
    assert seconds("client_max_body_size   ", proxy) * MEGABYTE == Settings().max_body_bytes


def test_every_metric_is_in_the_table_and_no_other() -> None:
    metrics = Metrics()
    metrics(whole())
    exposed = set(re.findall(r"^# TYPE (\w+) ", metrics.text().decode(), re.MULTILINE))
    assert set(re.findall(r"^\| (osteo_cds_\w+) \|", TEXT, re.MULTILINE)) == exposed


def test_the_alerts_ask_for_what_is_counted() -> None:
    metrics = Metrics()
    metrics(whole())
    exposed = {line.partition("{")[0].partition(" ")[0] for line in metrics.text().decode().splitlines()}
    rules: list[dict[str, Any]] = yaml.safe_load(block("yaml"))["groups"][0]["rules"]
    asked = {name for rule in rules for name in re.findall(r"osteo_cds_\w+", rule["expr"])}
    assert len(rules) == 6
    assert asked <= exposed


def test_the_record_shown_is_one() -> None:
    shown = orjson.loads(block("json"))
    assert set(shown) <= {*record(whole()), "event"}
    assert set(shown["ms"]) <= {*record(whole())["ms"]}
    assert audit_event(shown)["outcome"] == "0"


@pytest.mark.parametrize("name", ["outcome", "client", "claimed_client", "problem", "fault", "unknown", "issues", "ms"])
def test_its_members_are_explained(name: str) -> None:
    assert name in record(whole())
    assert name in TEXT.partition("| member | meaning |")[2].partition("\n\n")[0]


def test_records_are_not_lost_in_rotation() -> None:
    rotation = TEXT.partition("logrotate.d/osteo-cds`:")[2].partition("```\n\n")[0]
    assert "create 0640" in rotation
    assert "copytruncate" not in rotation
