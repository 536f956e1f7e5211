"""The command `osteo-cds doctor`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cds_service.command_line import InputError
from cds_service.settings import DOCTOR_TOKEN

if TYPE_CHECKING:
    from cds_service.doctor.fhir import Examined
    from cds_service.doctor.record import Understood
    from cds_service.settings import Settings

FAILED: Final = 1
_TOKEN: Final = re.compile(r"[!-~]{1,16384}")
_PATIENT_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def add(commands: Any, hooks: Sequence[str], port: Callable[[str], int]) -> None:
    """Add the command; `port` reads the number of one."""
    doctor = commands.add_parser(
        "doctor",
        help="check settings, keys, clock and database, and what a FHIR server gives",
        description="Looks at everything the service needs and says what to do; it changes nothing. Exit 0: all is "
        "well (warnings allowed), 1: a check failed. The token of the FHIR server comes from --token-file or "
        f"{DOCTOR_TOKEN}, never from the command line, where others could see it.",
    )
    doctor.add_argument("--fhir-server", metavar="URL", help="FHIR base URL to run every prefetch template against")
    doctor.add_argument("--patient", metavar="ID", help="id of the patient to ask it about, preferably a test patient")
    doctor.add_argument("--token-file", metavar="FILE", help="file with the token; - reads standard input")
    doctor.add_argument("--hook", choices=hooks, default="patient-view", help="whose templates (default %(default)s)")
    doctor.add_argument("--host", default="127.0.0.1", help="as for serve (default %(default)s)")
    doctor.add_argument("--port", type=port, default=8000, help="as for serve (default %(default)s)")
    doctor.add_argument("--insecure", action="store_true", help="as for serve")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    doctor.set_defaults(run=_doctor)


def _doctor(given: argparse.Namespace) -> int:
    asked = _asked(given)
    # what the parts would log is in the report
    logging.getLogger("cds_service").addHandler(logging.NullHandler())
    from cds_service.doctor.checks import client_checks, guideline_check, look_at_settings, public_url_check
    from cds_service.doctor.clock import Clocks, clock_checks
    from cds_service.doctor.database import database_checks
    from cds_service.doctor.keys import key_checks
    from cds_service.doctor.report import as_json, as_text, verdict

    settings, checks = look_at_settings(os.environ, given.host, given.port, insecure=given.insecure)
    clocks = Clocks()
    checks += [
        *client_checks(settings),
        *key_checks(settings, clocks.of),
        public_url_check(settings),
        guideline_check(),
    ]
    checks += database_checks(settings, os.environ)
    examined, understood = _examined(given, settings, asked, clocks.of(given.fhir_server)) if asked else (None, None)
    checks += clock_checks(settings, clocks)
    for part in (examined, understood):
        checks += part.checks if part is not None else []
    if given.json:
        print(json.dumps(as_json(checks, examined, understood), ensure_ascii=False, indent=2))
    else:
        print(as_text(checks, examined, understood), end="")
    return FAILED if verdict(checks, examined)["failed"] else 0


def _asked(given: argparse.Namespace) -> str:
    """The token, "" when no FHIR server is to be asked. InputError for what does not go together."""
    if given.fhir_server is None:
        if given.patient is not None or given.token_file is not None:
            raise InputError("--patient and --token-file go with --fhir-server")
        return ""
    from cds_service.fhir_access.allowed import normal
    from cds_service.fhir_access.queries import fits_in_url

    if normal(given.fhir_server) is None:
        raise InputError("--fhir-server: expected the http or https URL of a FHIR server, without query")
    if given.patient is None or not (_PATIENT_ID.fullmatch(given.patient) and fits_in_url(given.patient)):
        raise InputError("--patient: expected the id of a patient, as FHIR writes ids (letters, digits, - and .)")
    token = _token(given.token_file)
    if not _TOKEN.fullmatch(token):
        raise InputError(
            f"the token: expected one line of visible ASCII in --token-file (- for standard input) or {DOCTOR_TOKEN}"
        )
    return token


def _token(file: str | None) -> str:
    if file is None:
        return os.environ.get(DOCTOR_TOKEN, "").strip()
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--token-file {file} cannot be read ({type(error).__name__})") from error
    return text.strip()


def _examined(
    given: argparse.Namespace, settings: Settings, token: str, heard: Callable[[Any], None]
) -> tuple[Examined, Understood | None]:
    from cds_service.doctor.fhir import examine
    from cds_service.doctor.record import understand
    from hooks.services import SERVICES

    service = next(service for service in SERVICES if service.hook == given.hook)
    examined = examine(settings, service, given.fhir_server, token, given.patient, heard)
    if not examined.asked:
        return examined, None
    today = settings.today or date.today()
    return examined, understand(examined, service, given.patient, today)
