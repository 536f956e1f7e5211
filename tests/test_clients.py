"""The clients file: who may call, and what is known of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.clients import development_client
from cds_service.settings import SettingsError, load_settings
from tests.examples import CLIENT


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    path = tmp_path / "clients.toml"
    path.write_text(CLIENT, encoding="utf-8")
    return path


def refused(clients: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings({"OSTEO_CDS_CLIENTS": str(clients)})
    assert caught.value.name == "OSTEO_CDS_CLIENTS"
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('name = "sandbox"', 'name = ""', "name"),
        ('name = "sandbox"', "", "name"),
        ('iss = "https://sandbox.example.org"', "", "iss"),
        ('iss = "https://sandbox.example.org"', "iss = 7", "iss"),
        ('algorithms = ["ES384"]', 'algorithms = ["HS256"]', "algorithms"),
        ('algorithms = ["ES384"]', 'algorithms = ["none"]', "algorithms"),
        ('algorithms = ["ES384"]', "algorithms = []", "algorithms"),
        ("development = true", 'development = "yes"', "development"),
        ("development = true", "", "fhir_servers"),
        ("http://127.0.0.1:8085/fhir/", "http://ehr.example.org/fhir", "fhir_servers"),
        ("http://127.0.0.1:8085/fhir/", "ehr", "fhir_servers"),
        ("http://127.0.0.1:8085/fhir/", "https://ehr.example.org/x/../fhir", "fhir_servers"),
        ("http://127.0.0.1:8085/fhir/", "https://user@ehr.example.org/fhir", "fhir_servers"),
        ("http://127.0.0.1:8085/fhir/", "https://ehr.example.org/fhir?x=1", "fhir_servers"),
        ('language = "en"', 'language = "sv"', "language"),
        ('language = "en"', 'langauge = "en"', "langauge"),
        ('jwks_file = "sandbox-jwks.json"', 'jwks_url = "http://keys.example.org"', "jwks_url"),
        ("[[client]]", "[client]", "client"),
        ("[[client]]", "[[clients]]", "clients"),
    ],
)
def test_an_impossible_client_is_refused(clients: Path, old: str, new: str, named: str) -> None:
    assert old in CLIENT
    clients.write_text(CLIENT.replace(old, new), encoding="utf-8")
    assert named in refused(clients)


def test_two_clients_need_two_names_and_two_issuers(clients: Path) -> None:
    clients.write_text(CLIENT + CLIENT.replace('"sandbox"', '"other"'), encoding="utf-8")
    assert "iss" in refused(clients)


def test_only_a_client_in_development_may_have_no_keys(clients: Path) -> None:
    without = CLIENT.replace('jwks_file = "sandbox-jwks.json"\n', "")
    clients.write_text(without, encoding="utf-8")
    assert load_settings({"OSTEO_CDS_CLIENTS": str(clients)}).clients[0].jwks_file is None
    production = without.replace("development = true", "").replace("http://127.0.0.1:8085", "https://ehr.example.org")
    clients.write_text(production, encoding="utf-8")
    assert "jwks_url" in refused(clients)


def test_a_client_is_found_by_its_fhir_server_in_development_only(clients: Path) -> None:
    found = load_settings({"OSTEO_CDS_CLIENTS": str(clients)}).clients
    assert development_client(found, "http://127.0.0.1:8085/fhir") is found[0]
    assert development_client(found, "http://127.0.0.1:8085/fhir/") is found[0]
    assert development_client(found, "http://127.0.0.1:8085/other") is None
    assert development_client(found, None) is None
    clients.write_text(
        CLIENT.replace("development = true", "").replace("http://127.0.0.1:8085", "https://ehr.example.org"),
        encoding="utf-8",
    )
    production = load_settings({"OSTEO_CDS_CLIENTS": str(clients)}).clients
    assert development_client(production, "https://ehr.example.org/fhir") is None


def test_keys_in_a_file_and_the_address_a_token_may_name(clients: Path) -> None:
    both = CLIENT.replace("[[client]]", '[[client]]\njwks_url = "https://sandbox.example.org/jwks.json"')
    clients.write_text(both, encoding="utf-8")
    [found] = load_settings({"OSTEO_CDS_CLIENTS": str(clients)}).clients
    assert found.jwks_url == "https://sandbox.example.org/jwks.json"
    assert found.jwks_file == clients.parent / "sandbox-jwks.json"
