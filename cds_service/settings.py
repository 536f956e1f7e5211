"""The settings: typed and complete at the start; a wrong one is refused, naming its variable.

Each comes from the environment, else from the TOML file named by OSTEO_CDS_CONFIG, where the
same names stand in lower case without the prefix (`language = "en"`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from cds_service.clients import Client
from cds_service.content import read_content
from cds_service.network import is_loopback, is_loopback_origin
from cds_service.setting_readers import MEGABYTE, READERS
from hooks.guideline.defaults import Defaults
from hooks.language import LanguageCode

PREFIX: Final = "OSTEO_CDS_"
CONFIG: Final = "OSTEO_CDS_CONFIG"
#: The table of the TOML file that changes the content's defaults.
CONTENT: Final = "content"


class SettingsError(ValueError):
    """What is wrong with a setting, naming its variable."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the service can be told. The defaults are those of a service open on loopback.

    `development`: nobody is authenticated and only this machine can call.
    `public_url` None: the address served. `today` None: the clock's day.
    `guideline_url`: where docs/guideline.md is published; cards link to their recommendation there.
    `cors_origins` and `fhir_servers` None: loopback in development, none otherwise.
    `workbench` None: the page at / is shown unless callers must be authenticated.
    `without_effect`: variables that are set, valid, and not used by this version.
    `content`: the guideline's open numbers, as the table [content] of the TOML file sets them.
    """

    auth: Literal["off", "required"] = "off"
    development: bool = True
    public_url: str | None = None
    clients: tuple[Client, ...] = ()
    database_url: str | None = None
    language: LanguageCode = "da"
    cors_origins: frozenset[str] | None = None
    fhir_servers: tuple[str, ...] | None = None
    fetch_deadline_ms: int = 400
    max_body_bytes: int = 16 * MEGABYTE
    guideline_url: str = ""
    today: date | None = None
    workbench: Literal["on", "off"] | None = None
    without_effect: tuple[str, ...] = ()
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


def load_settings(environ: Mapping[str, str], *, host: str = "127.0.0.1", insecure: bool = False) -> Settings:
    """The settings for a service bound to `host`; SettingsError when they are impossible.

    `insecure`: the operator accepts callers from elsewhere without knowing who they are.
    """
    path = environ.get(CONFIG, "")
    written = _written(Path(path)) if path else {}
    content = _content(written.pop(CONTENT, {}))
    found = dict(_found(environ, _config_texts(Path(path), written)))
    values = {READERS[name].field: _value(name, text) for name, text in found.items()}
    if values.pop("auth", "off") == "required":
        raise _auth_required(found)
    if not is_loopback(host) and not insecure:
        raise SettingsError(
            "OSTEO_CDS_AUTH",
            f'"off" is refused on {host}: whoever reaches this address could call. '
            "Serve on 127.0.0.1, or say --insecure if a proxy in front checks who calls.",
        )
    settings = Settings(
        content=content,
        development=is_loopback(host),
        without_effect=tuple(sorted(name for name in found if not READERS[name].used)),
        **values,
    )
    _refuse_contradictions(settings)
    return settings


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that are no setting: most likely misspelt."""
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in {*READERS, CONFIG})


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
    if "OSTEO_CDS_CLIENTS" in texts:
        texts["OSTEO_CDS_CLIENTS"] = str(path.parent / texts["OSTEO_CDS_CLIENTS"])
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


def _auth_required(found: Mapping[str, str]) -> SettingsError:
    """Why authentication cannot be promised. A service that only pretends to check callers must not start."""
    if "OSTEO_CDS_CLIENTS" not in found:
        return SettingsError("OSTEO_CDS_AUTH", '"required" needs OSTEO_CDS_CLIENTS, the file of those who may call')
    return SettingsError(
        "OSTEO_CDS_AUTH", '"required" is refused: this version cannot check who calls. Serve on loopback with "off".'
    )


def _refuse_contradictions(settings: Settings) -> None:
    if settings.today is not None and not settings.development:
        raise SettingsError("OSTEO_CDS_TODAY", "a fixed date is for development, on a loopback address only")
    for url in settings.fhir_servers or ():
        if not url.startswith("https:") and not settings.development:
            raise SettingsError("OSTEO_CDS_FHIR_SERVERS", f"{url!r}: expected https outside development")
