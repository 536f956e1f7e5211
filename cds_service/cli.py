"""The command line: serve, doctor, evaluate, rules, feedback, purge, audit.

Errors on standard error; exit 0 done, 1 the doctor found something wrong, 2 bad input or settings.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from cds_service import store_commands
from cds_service.command_line import InputError
from cds_service.doctor import command as doctor_command
from cds_service.setting_readers import read_day
from cds_service.settings import Settings, SettingsError, load_settings, unknown_names
from hooks.guideline.case import POPULATION, Hook
from hooks.language import LANGUAGES

if TYPE_CHECKING:
    from cds_service.wire import HookRequest

BAD_INPUT: Final = 2
HOOKS: Final[tuple[Hook, ...]] = get_args(Hook)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.run(given)
    except (InputError, SettingsError) as error:
        print(f"osteo-cds {given.command}: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        # the reader (head, less) went away; what is left in the buffer must not fail at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="osteo-cds", description="CDS Hooks service for the Danish general-practice guideline on osteoporosis."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the service")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    serve.add_argument("--port", type=_port, default=8000, help="port to listen on (default %(default)s)")
    serve.add_argument("--workers", type=_workers, default=1, help="processes that answer, one per core (default 1)")
    serve.add_argument("--insecure", action="store_true", help="accept callers from other machines, unchecked")
    serve.set_defaults(run=_serve)
    doctor_command.add(commands, [hook for hook in HOOKS if hook != POPULATION], _port)

    evaluate = commands.add_parser("evaluate", help="show the cards for a request or a patient's Bundle")
    evaluate.add_argument("file", metavar="FILE", help="a CDS Hooks request or a FHIR Bundle; - reads standard input")
    evaluate.add_argument("--hook", choices=HOOKS, help="default: the request's hook; patient-view for a Bundle")
    evaluate.add_argument("--lang", choices=LANGUAGES, help="default: OSTEO_CDS_LANGUAGE")
    evaluate.add_argument("--json", action="store_true", help="the answer as the service sends it")
    evaluate.add_argument("--today", type=_day, help="the day to evaluate on, YYYY-MM-DD (default: today)")
    evaluate.add_argument(
        "--generic-t-score",
        action="append",
        default=[],
        metavar="CODE",
        help="LOINC code that the sender uses for a T-score of any site (Synthea: 38265-5); may be repeated",
    )
    evaluate.add_argument("--explain", action="store_true", help="say of every recommendation why, or why not")
    evaluate.set_defaults(run=_evaluate)

    audit = commands.add_parser("audit", help="show the audit records of a file, or turn them into FHIR AuditEvents")
    audit.add_argument("file", metavar="FILE", nargs="?", help="default: OSTEO_CDS_AUDIT_FILE; - reads standard input")
    audit.add_argument("--fhir", action="store_true", help="one FHIR R4 AuditEvent a line (NDJSON)")
    audit.set_defaults(run=_audit)

    rules = commands.add_parser("rules", help="list the recommendations and which are implemented")
    rules.add_argument("--json", action="store_true", help="as a JSON list")
    rules.set_defaults(run=_rules)
    store_commands.add(commands, _settings)
    return parser


def _serve(given: argparse.Namespace) -> int:
    settings = _settings(given.host, given.port, insecure=given.insecure)
    from cds_service.server import serve
    from cds_service.store.errors import StoreError

    try:
        serve(settings, given.host, given.port, given.workers)
    except StoreError as error:
        raise InputError(f"OSTEO_CDS_DATABASE_URL: {error}") from error
    except OSError as error:
        raise InputError(f"cannot serve on {given.host} port {given.port}: {error.strerror or error}") from error
    return 0


def _evaluate(given: argparse.Namespace) -> int:
    from cds_service import logs
    from cds_service.answer import added_by, answer
    from cds_service.refusal import reading_refusal
    from cds_service.terminal import render
    from fhir_mappings import ReadOptions

    logs.configure()
    settings = _settings()
    language = given.lang or settings.language
    try:
        request, hook = _request(_read(given.file), given.hook)
        request = replace(request, explain=request.explain or given.explain)
        answered = answer(
            request,
            hook,
            as_of=given.today or settings.today or date.today(),
            language=language,
            options=ReadOptions(frozenset(given.generic_t_score)),
            content=settings.content,
            adds=added_by(settings),
        )
    except Exception as error:
        refusal = reading_refusal(error)
        if refusal is None:
            raise
        raise InputError(f"{given.file}: {refusal.diagnostics}") from error
    if given.json:
        print(json.dumps(answered.body, ensure_ascii=False, indent=2))
    else:
        print(render(answered.body, language), end="")
    return 0


def _audit(given: argparse.Namespace) -> int:
    from cds_service.audit.export import Passed, lines_of

    file = given.file or _settings().audit_file
    if file is None:
        raise InputError("name the file with the records (- for standard input), or set OSTEO_CDS_AUDIT_FILE")
    passed = Passed()
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else open(file, "rb") as source:
            for line in lines_of(source, passed, fhir=given.fhir):
                print(line)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise InputError(f"{file}: {error.strerror}") from error
    if passed.lines:
        print(f"osteo-cds audit: {passed.lines} other line(s) were passed over", file=sys.stderr)
    return 0


def _rules(given: argparse.Namespace) -> int:
    from cds_service.rule_list import rows, table

    print(json.dumps(rows(), ensure_ascii=False, indent=2) if given.json else table())
    return 0


def _settings(host: str = "127.0.0.1", port: int = 8000, *, insecure: bool = False) -> Settings:
    for name in unknown_names(os.environ):
        print(f"osteo-cds: {name} is no setting of this service", file=sys.stderr)
    return load_settings(os.environ, host=host, port=port, insecure=insecure)


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error


def _request(body: bytes, hook: Hook | None) -> tuple[HookRequest, Hook]:
    """The request in a file, and the hook to evaluate it on: the one asked for, else its own."""
    from cds_service.bundle import is_bundle, read_bundle
    from cds_service.wire import read_envelope, read_request

    body = body.removeprefix(b"\xef\xbb\xbf")
    if is_bundle(body):
        hook = hook or "patient-view"
        return read_bundle(body, hook), hook
    envelope = read_envelope(body)
    hook = hook or next((each for each in HOOKS if each == envelope.hook), None)
    if hook is None:
        raise InputError(f"the hook of the request is none of {', '.join(HOOKS)}")
    return read_request(envelope, hook), hook


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _port(text: str) -> int:
    return _number(text, 65535)


def _workers(text: str) -> int:
    return _number(text, 256)


def _number(text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1 to {most}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
