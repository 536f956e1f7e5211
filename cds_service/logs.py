"""The log: what the service says about itself. What is said of each call is in the audit (cds_service.audit).

Never patient data, never a token. An exception's message, the values in its frames and the words of
a library may quote a record or a URL, so only the kind and the place of them are written.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

import orjson

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
#: Whose words are known: ours, the server's and the migrations'.
TRUSTED: Final = ("cds_service", "hooks", "fhir_mappings", "__main__", "_granian", "granian", "alembic")
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
log = logging.getLogger(__name__)


def where(error: BaseException) -> str:
    """The kind of an exception and the lines it came through, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    steps = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[::-1])
    return f"{type(error).__name__} at {steps or 'an unknown line'}"


class QuietFormatter(logging.Formatter):
    """Writes exceptions without their messages, whoever logs them, and of libraries only where they spoke."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - the name is logging's
        """The exception as `where` tells it."""
        return where(ei[1]) if ei[1] is not None else ""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        if record.name.partition(".")[0] not in TRUSTED:
            # a copy: another handler may still want the record as it was
            record = logging.makeLogRecord(record.__dict__ | {"msg": _place(record), "args": None})
        record.exc_text = None  # another handler may have cached the text with the message in it
        text = self.written(record)
        record.exc_text = None
        return text

    def written(self, record: logging.LogRecord) -> str:
        """The record as a line for people."""
        return super().format(record)


class JsonFormatter(QuietFormatter):
    """The same as JSON, one object a line, for whatever collects logs."""

    def written(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "logger": record.name}
        told["event"] = record.getMessage()
        if record.exc_info:
            told["fault"] = self.formatException(record.exc_info)
        return orjson.dumps(told).decode()


def configure(level: int = logging.INFO) -> None:
    """Log to standard error: lines for people on a terminal, JSON for everything else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(QuietFormatter(FORMAT) if sys.stderr.isatty() else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # what Python itself would print of an exception nobody caught has the message in it
    threading.excepthook = lambda given: _uncaught(given.exc_value)
    sys.unraisablehook = lambda given: _uncaught(given.exc_value)


def _uncaught(error: BaseException | None) -> None:
    if error is not None:
        log.error("our bug, caught by nobody: %s", where(error))


def _place(record: logging.LogRecord) -> str:
    return f"a message of this library, from {record.filename}:{record.lineno} {record.funcName}"
