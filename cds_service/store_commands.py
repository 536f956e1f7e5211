"""The commands about what is remembered: feedback and purge."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from cds_service.command_line import InputError
from cds_service.setting_readers import MOST_DAYS, read_day
from cds_service.settings import Settings

if TYPE_CHECKING:
    from cds_service.store.database import Database
    from cds_service.store.report import Report


def add(commands: Any, settings: Callable[[], Settings]) -> None:
    """Add the commands; `settings` reads the settings when one is run."""
    feedback = commands.add_parser("feedback", help="what became of the recommendations: shown, accepted, overridden")
    form = feedback.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="as CSV, one line per recommendation")
    form.add_argument("--json", action="store_true", help="as JSON")
    feedback.add_argument("--since", type=_day, metavar="DATE", help="only cards served on this day or later")
    feedback.add_argument("--comments", action="store_true", help="with --json: also the comments, in clear")
    feedback.set_defaults(run=lambda given: _feedback(given, settings()))

    purge = commands.add_parser("purge", help="remove what is older than the retention period")
    purge.add_argument(
        "--older-than", type=_days, metavar="DAYS", help="remove what is older (default: OSTEO_CDS_RETENTION_DAYS)"
    )
    purge.set_defaults(run=lambda given: _purge(given, settings()))


def _feedback(given: argparse.Namespace, settings: Settings) -> int:
    from cds_service.store.comments import CommentKey
    from cds_service.store.errors import StoreError
    from cds_service.store.report import comments, report

    if given.comments and not given.json:
        raise InputError("--comments goes with --json")
    key = CommentKey(settings.comment_key) if settings.comment_key else None
    if given.comments and key is None:
        raise InputError("--comments needs OSTEO_CDS_COMMENT_KEY: without it no comment is kept")
    try:
        database = _database(settings)
        found = report(database, given.since)
        said = comments(database, key, given.since) if given.comments and key else None
    except StoreError as error:
        raise InputError(f"OSTEO_CDS_DATABASE_URL: {error}") from error
    if given.json:
        print(json.dumps(_as_json(found, given.since, said), ensure_ascii=False, indent=2))
    else:
        print(_as_csv(found) if given.csv else _as_table(found), end="")
    return 0


def _purge(given: argparse.Namespace, settings: Settings) -> int:
    from cds_service.store.errors import StoreError
    from cds_service.store.retention import purge

    days = given.older_than or settings.retention_days
    try:
        removed = purge(_database(settings), days, settings.today or date.today())
    except StoreError as error:
        raise InputError(f"OSTEO_CDS_DATABASE_URL: {error}") from error
    print(f"removed what is older than {days} days:")
    for name, number in removed.items():
        print(f"  {name.replace('_', ' ')}: {number}")
    return 0


def _database(settings: Settings) -> Database:
    """The database as it is: these commands make none."""
    from cds_service.store.database import Database
    from cds_service.store.errors import StoreError
    from cds_service.store.location import default_url

    database = Database(settings.database_url or default_url())
    if database.path is not None and not database.path.exists():
        raise StoreError(f"{database.path} is not there: nothing was served from it yet")
    problem = database.ready()
    if problem:
        raise StoreError(problem)
    return database


def _as_json(found: Report, since: date | None, said: list[dict[str, Any]] | None) -> dict[str, Any]:
    lines = [
        {
            "id": line.id,
            "shown": line.shown,
            "accepted": line.accepted,
            "overridden": line.overridden,
            "reasons": line.reasons,
        }
        for line in found.lines
    ]
    answer: dict[str, Any] = {
        "since": since.isoformat() if since else None,
        "feedback": found.feedback,
        "unknown_cards": found.unknown_cards,
        "recommendations": lines,
    }
    return answer if said is None else answer | {"comments": said}


def _reasons(found: Report) -> list[str]:
    """Every reason that occurs, so that each has a column."""
    return sorted({reason for line in found.lines for reason in line.reasons})


def _as_csv(found: Report) -> str:
    reasons = _reasons(found)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["recommendation", "shown", "accepted", "overridden", *reasons])
    for line in found.lines:
        numbers = [line.reasons.get(reason, 0) for reason in reasons]
        writer.writerow([line.id, line.shown, line.accepted, line.overridden, *numbers])
    return text.getvalue()


def _as_table(found: Report) -> str:
    text = [f"{'recommendation':<16}{'shown':>8}{'accepted':>10}{'overridden':>12}  reasons"]
    for line in found.lines:
        reasons = ", ".join(f"{reason} {number}" for reason, number in line.reasons.items())
        text.append(f"{line.id:<16}{line.shown:>8}{line.accepted:>10}{line.overridden:>12}  {reasons}".rstrip())
    text.append(f"{found.feedback} feedback items, {found.unknown_cards} cards not known")
    return "\n".join(text) + "\n"


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of days from 1 to {MOST_DAYS}")
    return int(text)
