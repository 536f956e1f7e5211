"""Settings, clients, public address and content, as the service would start with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from cds_service.clients import Client
from cds_service.content import overrides
from cds_service.doctor.check import Check, failed, ok, warning
from cds_service.network import is_loopback, split_http_url
from cds_service.settings import CONFIG, Settings, SettingsError, given, load_settings, unknown_names

AUTH: Final = "OSTEO_CDS_AUTH"
CLIENTS: Final = "OSTEO_CDS_CLIENTS"
#: Seconds a name may take to be resolved.
PATIENCE: Final = 3.0


def look_at_settings(
    environ: Mapping[str, str], host: str, port: int, *, insecure: bool
) -> tuple[Settings, list[Check]]:
    """The settings as far as they are right, and what is wrong with them: not the first mistake alone.

    What is wrong is left out, and so is what only fails for want of it.
    """
    wrong: dict[str, Check] = {}
    ignoring: set[str] = set()
    while True:
        try:
            settings = load_settings(environ, host=host, port=port, insecure=insecure, ignoring=ignoring)
            break
        except SettingsError as error:
            if error.name not in wrong and not (error.name == AUTH and CLIENTS in ignoring):
                name = "clients" if error.name == CLIENTS else "settings"
                wrong[error.name] = failed(name, str(error), "correct it: the service does not start with it")
            left = [name for name in (error.name, AUTH, CONFIG) if name not in ignoring]
            if left:
                ignoring.add(left[0])
            elif not insecure:
                insecure = True
            else:
                raise
    return settings, [*wrong.values(), *_said(environ, settings)]


def _said(environ: Mapping[str, str], settings: Settings) -> Iterator[Check]:
    """Which settings are given and where, and which do nothing. Their texts may be secrets, so names only."""
    by_origin: dict[str, list[str]] = defaultdict(list)
    try:
        for name, (_, origin) in given(environ).items():
            by_origin[origin].append(name)
    except SettingsError:
        pass  # told above
    texts = [f"{', '.join(names)} from {_origin(origin)}" for origin, names in sorted(by_origin.items())]
    yield ok("settings", "; ".join(texts) or "none given, all as by default")
    for name in unknown_names(environ):
        yield warning(
            "settings", f"{name} is no setting of this service", "look for a slip in its name: README, Settings"
        )
    changed = overrides(settings.content)
    if changed:
        text = ", ".join(f"{each['name']} {each['value']} (default {each['default']})" for each in changed)
        yield ok("content", f"changed here: {text}")


def _origin(origin: str) -> str:
    return "the environment" if origin == "environment" else origin


def client_checks(settings: Settings) -> Iterator[Check]:
    """The entries of the clients file."""
    if not settings.clients:
        who = "nobody may call" if settings.auth == "required" else "whoever reaches the address may call"
        yield ok("clients", f"none: {who}")
    for client in settings.clients:
        yield _client(client, settings)


def _client(client: Client, settings: Settings) -> Check:
    servers = client.fhir_servers or settings.fhir_servers or ()
    reads = (
        f"FHIR servers: {', '.join(servers)}" if servers else "no FHIR server listed: all data must come as prefetch"
    )
    text = f"{client.name}: {', '.join(client.algorithms)}; {reads}"
    if client.development and not settings.development:
        return warning(
            "clients",
            f"{text}; development entry on an address others reach",
            "take development = true out: with it a key whose private half is published may be used",
        )
    return ok("clients", text)


def public_url_check(settings: Settings) -> Check:
    """The address clients call."""
    url = settings.public_url
    parts = split_http_url(url)
    host = (parts.hostname if parts else None) or ""
    if is_loopback(host):
        return ok("public URL", f"{url}, on this machine only")
    if parts is not None and parts.scheme != "https":
        return warning(
            "public URL",
            f"{url} is not https: whoever listens can read the records",
            "put a proxy with TLS in front (docs/deployment.md) and set OSTEO_CDS_PUBLIC_URL to its https address",
        )
    if not _resolves(host):
        return warning(
            "public URL",
            f"the name in {url} cannot be resolved from here",
            "set OSTEO_CDS_PUBLIC_URL to the address clients call, or see to its name",
        )
    return ok("public URL", url)


def _resolves(host: str) -> bool:
    from cds_service.fhir_access.resolving import Resolver

    try:
        return bool(Resolver().resolve(host, PATIENCE))
    except (OSError, TimeoutError):
        return False


def guideline_check() -> Check:
    """Whether the recommendations and their texts in every language are there."""
    from cds_service.rule_list import rows
    from hooks.evaluation import GUIDELINE, RULESET
    from hooks.language import LANGUAGES
    from hooks.texts import texts

    try:
        entries = rows()
        for language in LANGUAGES:
            texts(language)
    except (OSError, ValueError, LookupError) as error:
        return failed("guideline", f"cannot be loaded: {type(error).__name__}", "install osteo-cds again")
    done = sum(entry["implemented"] for entry in entries)
    text = f"{GUIDELINE}, ruleset {RULESET}: {done} of {len(entries)} recommendations, texts in {', '.join(LANGUAGES)}"
    return ok("guideline", text) if done == len(entries) else failed("guideline", text, "install osteo-cds again")
