"""The settings: typed and complete at the start; a wrong one is refused, naming its variable.

Each comes from the environment, else from the TOML file named by OSTEO_CDS_CONFIG, where the
same names stand in lower case without the prefix (`language = "en"`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from cds_service.clients import Client
from cds_service.content import read_content
from cds_service.network import bracketed, is_loopback, is_loopback_origin, split_http_url
from cds_service.setting_readers import MEGABYTE, READERS
from hooks.guideline.defaults import Defaults
from hooks.language import LanguageCode

PREFIX: Final = "OSTEO_CDS_"
CONFIG: Final = "OSTEO_CDS_CONFIG"
#: The token of `osteo-cds doctor`; no setting of the service, and none to be surprised at.
DOCTOR_TOKEN: Final = "OSTEO_CDS_DOCTOR_TOKEN"
#: The table of the TOML file that changes the content's defaults.
CONTENT: Final = "content"
#: Settings that name a file; in the TOML file, relative to it.
FILES: Final = frozenset(
    {
        *("OSTEO_CDS_CLIENTS", "OSTEO_CDS_AUDIT_FILE", "OSTEO_CDS_CA_FILE"),
        *("OSTEO_CDS_PATIENT_KEY_FILE", "OSTEO_CDS_COMMENT_KEY_FILE"),
    }
)


class SettingsError(ValueError):
    """What is wrong with a setting, naming its variable."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the service can be told. The defaults are those of a service open on loopback.

    `auth`: whether every call must bring a client's token. `development`: only this machine can call.
    `public_url`: the base URL that clients call. `today` None: the clock's day.
    `guideline_url`: where docs/guideline.md is published; cards link to their recommendation there.
    `cors_origins` and `fhir_servers` None: loopback in development, none otherwise.
    `fhir_private_network`: FHIR servers may have addresses of a private network. `ca_file`: the
    certificate authorities that sign FHIR servers; None: the public ones.
    `workbench` None: the page at / is shown unless callers must be authenticated.
    `audit_file` None: audit records go to standard error only. `metrics`: who may read /metrics.
    `rate_limit`: calls a minute for each caller; 0: as many as they like.
    `content`: the guideline's open numbers, as the table [content] of the TOML file sets them.
    `database_url` None: an SQLite file in the user's data directory. `patient_key` None: a file beside it.
    `comment_key` None: comments are not kept. `info_repeat_days` 0: no card is held back.
    """

    auth: Literal["off", "required"] = "off"
    development: bool = True
    public_url: str = "http://127.0.0.1:8000"
    clients: tuple[Client, ...] = ()
    database_url: str | None = field(default=None, repr=False)
    patient_key: str | None = field(default=None, repr=False)
    comment_key: str | None = field(default=None, repr=False)
    info_repeat_days: int = 90
    retention_days: int = 730
    language: LanguageCode = "da"
    cors_origins: frozenset[str] | None = None
    fhir_servers: tuple[str, ...] | None = None
    fetch_deadline_ms: int = 400
    fhir_private_network: bool = False
    ca_file: Path | None = None
    max_body_bytes: int = 16 * MEGABYTE
    guideline_url: str = ""
    audit_file: Path | None = None
    metrics: Literal["loopback", "all", "off"] = "loopback"
    rate_limit: int = 0
    today: date | None = None
    workbench: Literal["on", "off"] | None = None
    content: Defaults = field(default_factory=Defaults)

    @property
    def shows_workbench(self) -> bool:
        """Whether the page at / is there. The page asks nobody who they are, so it goes when callers must say it."""
        return self.workbench == "on" or (self.workbench is None and self.auth != "required")

    def allows_origin(self, origin: str) -> bool:
        """Whether a page of this origin may read the answers."""
        if self.cors_origins is None:
            return self.development and is_loopback_origin(origin)
        return origin in self.cors_origins


def load_settings(
    environ: Mapping[str, str],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    insecure: bool = False,
    ignoring: Container[str] = (),
) -> Settings:
    """The settings for a service bound to `host` and `port`; SettingsError when they are impossible.

    `insecure`: the operator accepts callers from elsewhere without knowing who they are.
    `ignoring`: variables taken as not given, to see what else is wrong beside them.
    """
    path = "" if CONFIG in ignoring else environ.get(CONFIG, "")
    written = _written(Path(path)) if path else {}
    content = _content(written.pop(CONTENT, {}))
    texts = _config_texts(Path(path), written)
    found = {name: text for name, text in _found(environ, texts) if name not in ignoring}
    _refuse_two_keys(found)
    values = {READERS[name].field: _value(name, text) for name, text in found.items()}
    settings = Settings(
        content=content,
        development=is_loopback(host),
        **{"public_url": f"http://{bracketed(host)}:{port}"} | values,
    )
    if settings.auth == "required":
        _check_required(settings, found)
    elif not is_loopback(host) and not insecure:
        raise SettingsError(
            "OSTEO_CDS_AUTH",
            f'"off" is refused on {host}: whoever reaches this address could call. Say "required", serve on '
            "127.0.0.1, or say --insecure if a proxy in front checks who calls.",
        )
    _refuse_contradictions(settings)
    return settings


def given(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The settings that are given: name -> text and where from. A text may be a secret. SettingsError as above."""
    path = environ.get(CONFIG, "")
    written = _written(Path(path)) if path else {}
    written.pop(CONTENT, None)
    found = _found(environ, _config_texts(Path(path), written))
    return {name: (text, "environment" if environ.get(name, "").strip() else path) for name, text in found}


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that are no setting: most likely misspelt."""
    known = {*READERS, CONFIG, DOCTOR_TOKEN}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def _value(name: str, text: str) -> Any:
    try:
        return READERS[name].read(text)
    except ValueError as error:
        raise SettingsError(name, str(error)) from error


def _found(environ: Mapping[str, str], written: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The settings that are given, as text; an empty variable is one that is not given."""
    for name in READERS:
        text = environ.get(name, "").strip() or written.get(name, "")
        if text:
            yield name, text


def _content(table: object) -> Defaults:
    """The content's defaults as the file changes them."""
    try:
        return read_content(table)
    except ValueError as error:
        raise SettingsError(CONFIG, f"[{CONTENT}] {error}") from error


def _written(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(CONFIG, f"{path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(CONFIG, f"{path} is no TOML: {error}") from error


def _config_texts(path: Path, written: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a TOML file under their variables' names, each as the text a variable would hold."""
    texts = {}
    for key, value in written.items():
        name = PREFIX + key.upper()
        if name not in READERS or not key.islower():
            raise SettingsError(CONFIG, f"{path}: {key!r} is no setting: expected some of {', '.join(_keys())}")
        texts[name] = _as_text(name, value)
    for name in FILES & texts.keys():
        texts[name] = str(path.parent / texts[name])
    return texts


def _keys() -> list[str]:
    return [name.removeprefix(PREFIX).lower() for name in READERS]


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if isinstance(value, str | int | date) and not isinstance(value, bool):
        return str(value)
    # the value may hold a password, so it is not repeated
    raise SettingsError(
        name, f"is a {type(value).__name__} in the file of {CONFIG}: expected a text or a list of texts"
    )


def _refuse_two_keys(found: Mapping[str, str]) -> None:
    for name in ("OSTEO_CDS_PATIENT_KEY", "OSTEO_CDS_COMMENT_KEY"):
        if name in found and f"{name}_FILE" in found:
            raise SettingsError(name, f"and {name}_FILE are both given: expected one")


def _check_required(settings: Settings, found: Mapping[str, str]) -> None:
    """Whether callers can be authenticated. A service that only pretends to check them must not start."""
    if not settings.clients:
        raise SettingsError(
            "OSTEO_CDS_AUTH", '"required" needs OSTEO_CDS_CLIENTS, the file of those who may call, with at least one'
        )
    for client in settings.clients:
        if client.jwks_file is None and client.jwks_url is None:
            raise SettingsError(
                "OSTEO_CDS_CLIENTS", f"client {client.name!r}: jwks_url or jwks_file is missing: it could never call"
            )
    if not settings.development and "OSTEO_CDS_PUBLIC_URL" not in found:
        raise SettingsError(
            "OSTEO_CDS_PUBLIC_URL",
            "is missing: each token is made for the URL it calls, so the service must know the one it is called by",
        )
    public = split_http_url(settings.public_url)
    if public is not None and public.scheme == "http" and not is_loopback(public.hostname or ""):
        raise SettingsError(
            "OSTEO_CDS_PUBLIC_URL", f"{settings.public_url!r}: expected https, or whoever listens could use the tokens"
        )


def _refuse_contradictions(settings: Settings) -> None:
    if settings.today is not None and not settings.development:
        raise SettingsError("OSTEO_CDS_TODAY", "a fixed date is for development, on a loopback address only")
    for url in settings.fhir_servers or ():
        if not url.startswith("https:") and not settings.development:
            raise SettingsError("OSTEO_CDS_FHIR_SERVERS", f"{url!r}: expected https outside development")
