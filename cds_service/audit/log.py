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
from typing import Any, Final

import orjson

from cds_service.audit.record import EVENT, KINDS, record
from cds_service.calls import Call
from cds_service.logs import where

log = logging.getLogger(__name__)

LOGGER: Final = "osteo_cds.audit"


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
        """The structlog logger, down to handlers of its own: the records are not formatted again as log lines."""
        import structlog

        target = logging.Logger(LOGGER)  # not of the hierarchy: each app has its own
        for handler in self._handlers():
            handler.setFormatter(logging.Formatter("%(message)s"))
            target.addHandler(handler)
        logger: Any = structlog.wrap_logger(
            target,
            processors=[structlog.processors.JSONRenderer(serializer=_dumps)],
            wrapper_class=structlog.BoundLogger,
        ).bind()
        write: Callable[..., Any] = logger.info
        return write

    def _handlers(self) -> list[logging.Handler]:
        handlers: list[logging.Handler] = [_Stderr()]
        if self._file is not None:
            handlers.append(_watched(self._file, self._noted))
        return handlers

    def _noted(self, error: BaseException | None) -> None:
        """Keep whether the last record reached the file, and say when that changes."""
        failed = "" if error is None else f"the audit file cannot be written: {where(error)}"
        if failed and not self._failed:
            log.error("%s", failed)
        elif self._failed and not failed:
            log.warning("the audit file can be written again; the records in between are on standard error only")
        self._failed = failed


def _dumps(record: object, **_: object) -> str:
    return orjson.dumps(record).decode()


class _Stderr(logging.Handler):
    """Standard error as it is at the moment, one write for each record."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")
        sys.stderr.flush()


def _watched(path: Path, noted: Callable[[BaseException | None], None]) -> logging.Handler:
    """A handler that appends to a file, and tells `noted` after each record whether that worked."""
    from logging.handlers import WatchedFileHandler

    class Watched(WatchedFileHandler):
        def emit(self, record: logging.LogRecord) -> None:
            try:
                self.reopenIfNeeded()
                if self.stream is None:
                    self.stream = self._open()
                self.stream.write(self.format(record) + self.terminator)
                self.stream.flush()  # the whole line in one write: the stream's buffer is larger than a record
            except OSError as error:
                noted(error)
            else:
                noted(None)

    return Watched(path, encoding="utf-8", delay=True)
