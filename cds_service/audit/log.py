"""Where audit records go: standard error, and a file when a deployment names one.

Several workers append to one file, each record in one write, so records never mix. The file is
opened again when it was moved away (logrotate) before the next record. structlog is loaded
with the first record, which is written after the answer has left.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from cds_service.audit.record import EVENT, KINDS, record
from cds_service.calls import Call
from cds_service.logs import where

log = logging.getLogger(__name__)


class AuditLog:
    """Writes one record for each call. `file` None: on standard error only."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._write: Callable[..., Any] | None = None
        self._lock = Lock()
        self._failed = ""

    def __call__(self, call: Call) -> None:
        """Write the record of a call; of a health check or a scrape there is none."""
        if call.kind in KINDS:
            if self._write is None:
                with self._lock:
                    self._write = self._write or self._writer()
            self._write(EVENT, **record(call))

    def ready(self) -> str:
        """ "" while records can be written, else what failed at the last one."""
        return self._failed

    def _writer(self) -> Callable[..., Any]:
        """The structlog logger, down to the lines' own places: they are no log records and not formatted again."""
        import structlog

        logger: Any = structlog.wrap_logger(
            _Lines(_appending(self._file, self._noted) if self._file is not None else None),
            processors=[structlog.processors.JSONRenderer(serializer=_line)],
            wrapper_class=structlog.BoundLogger,
        ).bind()
        write: Callable[..., Any] = logger.info
        return write

    def _noted(self, error: BaseException | None) -> None:
        """Keep whether the last record reached the file, and say when that changes."""
        failed = "" if error is None else f"the audit file cannot be written: {where(error)}"
        if failed and not self._failed:
            log.error("%s", failed)
        elif self._failed and not failed:
            log.warning("the audit file can be written again; the records in between are on standard error only")
        self._failed = failed


def _line(record: object, **_: object) -> str:
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE).decode()


class _Lines:
    """What structlog hands its lines to: standard error as it is at the moment, and `append` when there is a file."""

    def __init__(self, append: Callable[[str], None] | None) -> None:
        self._append = append
        self._lock = Lock()

    def info(self, line: str) -> None:
        """One write for each line, one line at a time."""
        with self._lock:
            sys.stderr.write(line)
            sys.stderr.flush()
            if self._append is not None:
                self._append(line)


def _appending(path: Path, noted: Callable[[BaseException | None], None]) -> Callable[[str], None]:
    """What appends lines to a file, and tells `noted` after each whether that worked."""
    from logging.handlers import WatchedFileHandler

    file = WatchedFileHandler(path, encoding="utf-8", delay=True)

    def append(line: str) -> None:
        try:
            file.reopenIfNeeded()
            if file.stream is None:
                file.stream = file._open()
            file.stream.write(line)
            file.stream.flush()  # the whole line in one write: the stream's buffer is larger than a record
        except OSError as error:
            noted(error)
        else:
            noted(None)

    return append
