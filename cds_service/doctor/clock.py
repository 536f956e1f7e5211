"""The machine's clock, beside what other machines say the time is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from cds_service.authentication.tokens import LEEWAY
from cds_service.doctor.check import Check, failed, ok, warning
from cds_service.fhir_access.bodies import Heard
from cds_service.settings import Settings

#: Seconds two clocks may differ before it is worth a word; beyond the leeway of tokens they are refused.
NOTED: Final = 5


class Clocks:
    """What the Date header of each server said, in seconds ahead of this machine. `now`: seconds since 1970."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.ahead: dict[str, float] = {}

    def of(self, server: str) -> Heard:
        """Who is told the headers of this server's answers; the first counts."""

        def heard(headers: Mapping[str, str]) -> None:
            try:
                said = parsedate_to_datetime(headers.get("Date", ""))
            except ValueError:
                return
            # the header has whole seconds, so half a second more is the likeliest
            self.ahead.setdefault(server, said.replace(tzinfo=said.tzinfo or UTC).timestamp() + 0.5 - self._now())

        return heard


def clock_checks(settings: Settings, clocks: Clocks) -> Iterator[Check]:
    """The day it is here, and each server's clock against this machine's."""
    here = datetime.now().astimezone()
    offset = f"{here:%z}"
    yield ok(
        "clock", f"{here:%Y-%m-%d %H:%M}, time zone {here.tzname()} ({offset[:3]}:{offset[3:]}): the day of the answers"
    )
    if settings.today is not None:
        yield warning(
            "clock",
            f"OSTEO_CDS_TODAY: every day is {settings.today}",
            "take it out where real patients are served",
        )
    for server, ahead in clocks.ahead.items():
        seconds = abs(round(ahead))
        text = f"{server}: {seconds} s {'ahead of' if ahead > 0 else 'behind'} this machine"
        remedy = "set both clocks by NTP (timedatectl on this machine)"
        if abs(ahead) > LEEWAY:
            yield failed("clock", f"{text}: tokens would be refused", remedy)
        elif abs(ahead) > NOTED:
            yield warning("clock", text, remedy)
        else:
            yield ok("clock", f"{server}: the same time")
