"""The log: service id, hookInstance, recommendation ids, durations. Never patient data, never a token.

An exception's message and the values in its frames may quote a record, so only its kind and
the lines it came through are written.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Final

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def where(error: BaseException) -> str:
    """The kind of an exception and the lines it came through, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    steps = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[::-1])
    return f"{type(error).__name__} at {steps or 'an unknown line'}"


class QuietFormatter(logging.Formatter):
    """Writes exceptions without their messages, whoever logs them."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - the name is logging's
        """The exception as `where` tells it."""
        return where(ei[1]) if ei[1] is not None else ""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler may have cached the text with the message in it
        text = super().format(record)
        record.exc_text = None
        return text


def configure(level: int = logging.INFO) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(QuietFormatter(FORMAT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
