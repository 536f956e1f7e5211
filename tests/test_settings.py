"""Settings: typed, complete at the start, and refused by the name of their variable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import certifi
import pytest

from cds_service.setting_readers import READERS
from cds_service.settings import Settings, SettingsError, load_settings, unknown_names
from tests.examples import CLIENT


def refused(environ: Mapping[str, str], **options: object) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"{caught.value.name}: ")
    return caught.value


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    path = tmp_path / "clients.toml"
    path.write_text(CLIENT, encoding="utf-8")
    return path


def test_nothing_set_is_an_open_service_on_loopback() -> None:
    assert load_settings({}) == Settings()
    assert Settings().development
    assert load_settings({"OSTEO_CDS_LANGUAGE": "", "OTHER": "x"}) == Settings()


def test_every_setting_is_read_from_the_environment(clients: Path) -> None:
    settings = load_settings(
        {
            "OSTEO_CDS_PUBLIC_URL": "https://cds.example.org/",
            "OSTEO_CDS_AUTH": "off",
            "OSTEO_CDS_CLIENTS": str(clients),
            "OSTEO_CDS_DATABASE_URL": "postgresql+psycopg://cds@localhost/cds",
            "OSTEO_CDS_PATIENT_KEY": "p" * 32,
            "OSTEO_CDS_COMMENT_KEY": "c" * 43 + "=",
            "OSTEO_CDS_INFO_REPEAT_DAYS": "0",
            "OSTEO_CDS_RETENTION_DAYS": "400",
            "OSTEO_CDS_LANGUAGE": "en",
            "OSTEO_CDS_CORS_ORIGINS": "https://sandbox.cds-hooks.org, http://localhost:9000",
            "OSTEO_CDS_FHIR_SERVERS": "https://ehr.example.org/fhir/,http://127.0.0.1:8085/fhir",
            "OSTEO_CDS_FETCH_DEADLINE_MS": "250",
            "OSTEO_CDS_FHIR_PRIVATE_NETWORK": "yes",
            "OSTEO_CDS_CA_FILE": certifi.where(),
            "OSTEO_CDS_MAX_BODY_MB": "2",
            "OSTEO_CDS_AUDIT_FILE": str(clients.parent / "audit.jsonl"),
            "OSTEO_CDS_METRICS": "all",
            "OSTEO_CDS_RATE_LIMIT": "600",
            "OSTEO_CDS_TODAY": "2025-03-10",
        }
    )
    assert settings.public_url == "https://cds.example.org"
    assert settings.clients[0].jwks_file == clients.parent / "sandbox-jwks.json"
    assert settings.clients[0].generic_t_score_codes == {"38265-5"}
    assert settings.database_url == "postgresql+psycopg://cds@localhost/cds"
    assert (settings.patient_key, settings.comment_key) == ("p" * 32, "c" * 43 + "=")
    assert (settings.info_repeat_days, settings.retention_days) == (0, 400)
    assert settings.language == "en"
    assert settings.cors_origins == frozenset({"https://sandbox.cds-hooks.org", "http://localhost:9000"})
    assert settings.fhir_servers == ("https://ehr.example.org/fhir", "http://127.0.0.1:8085/fhir")
    assert (settings.fetch_deadline_ms, settings.max_body_bytes) == (250, 2 * 1024 * 1024)
    assert (settings.fhir_private_network, settings.ca_file) == (True, Path(certifi.where()))
    assert settings.audit_file == clients.parent / "audit.jsonl"
    assert (settings.metrics, settings.rate_limit) == ("all", 600)
    assert settings.today == date(2025, 3, 10)


def test_the_file_holds_the_same_settings_and_the_environment_wins(tmp_path: Path, clients: Path) -> None:
    path = tmp_path / "osteo-cds.toml"
    path.write_text(
        f'language = "en"\ntoday = 2025-03-10\nmax_body_mb = 2\nclients = "{clients.name}"\naudit_file = "a.jsonl"\n'
        'cors_origins = ["https://a.example.org", "https://b.example.org"]\n',
        encoding="utf-8",
    )
    environ = {"OSTEO_CDS_CONFIG": str(path), "OSTEO_CDS_LANGUAGE": "da"}
    settings = load_settings(environ)
    assert settings.language == "da"
    assert settings.today == date(2025, 3, 10)
    assert settings.max_body_bytes == 2 * 1024 * 1024
    assert settings.cors_origins == frozenset({"https://a.example.org", "https://b.example.org"})
    assert settings.clients[0].name == "sandbox"
    assert settings.audit_file == tmp_path / "a.jsonl"


@pytest.mark.parametrize(
    "text", ['langauge = "en"', 'LANGUAGE = "en"', "language = 7", "language = true", "language", 'config = "x"']
)
def test_a_file_with_a_mistake_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "osteo-cds.toml"
    path.write_text(text, encoding="utf-8")
    assert refused({"OSTEO_CDS_CONFIG": str(path)}).name in ("OSTEO_CDS_CONFIG", "OSTEO_CDS_LANGUAGE")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused({"OSTEO_CDS_CONFIG": str(tmp_path / "none.toml")}).name == "OSTEO_CDS_CONFIG"
    assert refused({"OSTEO_CDS_CLIENTS": str(tmp_path / "none.toml")}).name == "OSTEO_CDS_CLIENTS"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OSTEO_CDS_PUBLIC_URL", "cds.example.org"),
        ("OSTEO_CDS_PUBLIC_URL", "https://cds.example.org/?a=b"),
        ("OSTEO_CDS_PUBLIC_URL", "https://user:pass@cds.example.org"),
        ("OSTEO_CDS_AUTH", "on"),
        ("OSTEO_CDS_DATABASE_URL", "database.sqlite"),
        ("OSTEO_CDS_DATABASE_URL", "mysql://cds@localhost/cds"),
        ("OSTEO_CDS_INFO_REPEAT_DAYS", "-1"),
        ("OSTEO_CDS_INFO_REPEAT_DAYS", "quarterly"),
        ("OSTEO_CDS_RETENTION_DAYS", "0"),
        ("OSTEO_CDS_LANGUAGE", "sv"),
        ("OSTEO_CDS_CORS_ORIGINS", "*"),
        ("OSTEO_CDS_CORS_ORIGINS", "https://a.example.org/"),
        ("OSTEO_CDS_CORS_ORIGINS", "https://A.example.org"),
        ("OSTEO_CDS_FHIR_SERVERS", "http://ehr.example.org/fhir"),
        ("OSTEO_CDS_FHIR_SERVERS", "ehr.example.org"),
        ("OSTEO_CDS_FHIR_SERVERS", "https://ehr.example.org/x/../fhir"),
        ("OSTEO_CDS_FHIR_SERVERS", "https://ehr.example.org/fhir#x"),
        ("OSTEO_CDS_FETCH_DEADLINE_MS", "0"),
        ("OSTEO_CDS_FHIR_PRIVATE_NETWORK", "true"),
        ("OSTEO_CDS_CA_FILE", "no-such-file.pem"),
        ("OSTEO_CDS_CA_FILE", __file__),
        ("OSTEO_CDS_FETCH_DEADLINE_MS", "400ms"),
        ("OSTEO_CDS_FETCH_DEADLINE_MS", "9999999"),
        ("OSTEO_CDS_MAX_BODY_MB", "-1"),
        ("OSTEO_CDS_MAX_BODY_MB", "1e3"),
        ("OSTEO_CDS_GUIDELINE_URL", "guideline.md"),
        ("OSTEO_CDS_GUIDELINE_URL", "https://cds.example.org/guideline#tx-ind-1"),
        ("OSTEO_CDS_AUDIT_FILE", "/none/audit.jsonl"),
        ("OSTEO_CDS_AUDIT_FILE", "/"),
        ("OSTEO_CDS_METRICS", "on"),
        ("OSTEO_CDS_RATE_LIMIT", "0"),
        ("OSTEO_CDS_RATE_LIMIT", "10/minute"),
        ("OSTEO_CDS_TODAY", "10-03-2025"),
        ("OSTEO_CDS_TODAY", "20250310"),
        ("OSTEO_CDS_TODAY", "2025-02-30"),
    ],
)
def test_an_impossible_value_names_its_variable(name: str, text: str) -> None:
    error = refused({name: text})
    assert error.name == name
    assert "expected" in str(error)


def test_a_password_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "osteo-cds.toml"
    path.write_text('database_url = { password = "hunter2" }', encoding="utf-8")
    for environ in ({"OSTEO_CDS_DATABASE_URL": "hunter2@db"}, {"OSTEO_CDS_CONFIG": str(path)}):
        error = refused(environ)
        assert error.name == "OSTEO_CDS_DATABASE_URL"
        assert "hunter2" not in str(error)


def test_authentication_needs_somebody_who_may_call(tmp_path: Path) -> None:
    """A service that is asked to check its callers and cannot must not start."""
    without = refused({"OSTEO_CDS_AUTH": "required"})
    assert without.name == "OSTEO_CDS_AUTH"
    assert "OSTEO_CDS_CLIENTS" in str(without)
    nobody = tmp_path / "nobody.toml"
    nobody.write_text("client = []", encoding="utf-8")
    assert refused({"OSTEO_CDS_AUTH": "required", "OSTEO_CDS_CLIENTS": str(nobody)}).name == "OSTEO_CDS_AUTH"


def test_an_authenticated_client_needs_keys(clients: Path) -> None:
    required = {"OSTEO_CDS_AUTH": "required", "OSTEO_CDS_CLIENTS": str(clients)}
    assert load_settings(required).auth == "required"
    clients.write_text(CLIENT.replace('jwks_file = "sandbox-jwks.json"\n', ""), encoding="utf-8")
    error = refused(required)
    assert error.name == "OSTEO_CDS_CLIENTS"
    assert "'sandbox'" in str(error)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_an_authenticated_service_knows_its_url(clients: Path, host: str) -> None:
    required = {"OSTEO_CDS_AUTH": "required", "OSTEO_CDS_CLIENTS": str(clients)}
    assert refused(required, host=host).name == "OSTEO_CDS_PUBLIC_URL"
    plain = required | {"OSTEO_CDS_PUBLIC_URL": "http://cds.example.org"}
    assert refused(plain, host=host).name == "OSTEO_CDS_PUBLIC_URL"
    assert refused(plain).name == "OSTEO_CDS_PUBLIC_URL"
    settings = load_settings(required | {"OSTEO_CDS_PUBLIC_URL": "https://cds.example.org/osteo/"}, host=host)
    assert (settings.public_url, settings.development) == ("https://cds.example.org/osteo", False)


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("127.0.0.1", 8000, "http://127.0.0.1:8000"),
        ("localhost", 9001, "http://localhost:9001"),
        ("::1", 80, "http://[::1]:80"),
        ("[::1]", 80, "http://[::1]:80"),
    ],
)
def test_the_url_is_the_address_served_unless_told(clients: Path, host: str, port: int, url: str) -> None:
    required = {"OSTEO_CDS_AUTH": "required", "OSTEO_CDS_CLIENTS": str(clients)}
    assert load_settings(required, host=host, port=port).public_url == url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "cds.example.org"])
def test_an_open_service_stays_on_this_machine(host: str) -> None:
    assert refused({}, host=host).name == "OSTEO_CDS_AUTH"
    assert refused({"OSTEO_CDS_AUTH": "off"}, host=host).name == "OSTEO_CDS_AUTH"
    assert not load_settings({}, host=host, insecure=True).development


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_loopback_is_development(host: str) -> None:
    assert load_settings({}, host=host).development


def test_a_fixed_date_is_for_development_only() -> None:
    assert refused({"OSTEO_CDS_TODAY": "2025-03-10"}, host="0.0.0.0", insecure=True).name == "OSTEO_CDS_TODAY"
    plain_http = {"OSTEO_CDS_FHIR_SERVERS": "http://localhost/fhir"}
    assert refused(plain_http, host="0.0.0.0", insecure=True).name == "OSTEO_CDS_FHIR_SERVERS"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8080", True),
        ("http://127.0.0.1:3000", True),
        ("https://[::1]:3000", True),
        ("https://sandbox.cds-hooks.org", False),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://localhost:8080/path", False),
        ("null", False),
        ("", False),
    ],
)
def test_origins_of_this_machine_are_allowed_in_development(origin: str, allowed: bool) -> None:
    assert Settings().allows_origin(origin) is allowed
    assert not Settings(development=False).allows_origin(origin)


def test_named_origins_are_the_only_ones() -> None:
    settings = Settings(cors_origins=frozenset({"https://sandbox.cds-hooks.org"}))
    assert settings.allows_origin("https://sandbox.cds-hooks.org")
    assert not settings.allows_origin("http://localhost:8080")


def test_a_misspelt_variable_is_noticed() -> None:
    assert unknown_names({"OSTEO_CDS_LANGAUGE": "en", "OSTEO_CDS_CONFIG": "x", "PATH": "y"}) == ["OSTEO_CDS_LANGAUGE"]
    assert unknown_names(dict.fromkeys(READERS, "x")) == []
