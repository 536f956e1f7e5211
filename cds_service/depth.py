"""How deeply a JSON text is nested. FHIR needs some fifteen levels; what needs hundreds is an attack.

Exact for what is kept of a request besides its prefetch. In the whole body, which may be megabytes,
long runs of closing brackets are looked for first, as reading every byte would take longer than all
that may be spent on it; nests that end otherwise are stopped by the decoder, at what the interpreter allows.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Raw

from cds_service.refusal import RefusedError

#: The most levels of objects and lists in each other.
MOST_LEVELS: Final = 64
_KINDS: Final = bytes.maketrans(b"{}", b"[]")
_OTHERS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
#: How compact nests end: nothing else closes this many at once.
_RUNS: Final = (b"]" * 64, b"}" * 64, b"]}" * 32)
_STEP: Final = 16


def is_deep(text: bytes, most: int = MOST_LEVELS) -> bool:
    """Whether a JSON text has more than `most` levels."""
    # first with the brackets that stand in texts, which can only make it look deeper, then without them
    return _exceeds(text, most) and _exceeds(_STRING.sub(b"", text), most)


def is_plainly_deep(text: bytes) -> bool:
    """Whether a long text has more than MOST_LEVELS levels and ends them in one run, as compact nests do."""
    sampled = text[::_STEP]  # every run has four of these, one after the other and alike
    if sampled.rfind(b"]]]]") < 0 and sampled.rfind(b"}}}}") < 0:
        return False
    return any(run in text for run in _RUNS) and is_deep(text)


def refuse_deep(text: bytes | Raw, field: str = "", most: int = MOST_LEVELS) -> None:
    """RefusedError when a text, which stands at `field`, has more than `most` levels."""
    if is_deep(bytes(text), most):
        raise too_deep(field)


def too_deep(field: str = "") -> RefusedError:
    """The refusal of a body with more levels than are read."""
    problem = f"The body is nested too deeply: at most {MOST_LEVELS} levels of objects and lists are read."
    return RefusedError(400, "structure", problem, field)


def _exceeds(text: bytes, most: int) -> bool:
    """Take away the innermost pairs, level by level, until what is left is too short for more than `most`."""
    left = text.translate(_KINDS, _OTHERS)
    for level in range(most + 1):
        if len(left) < 2 * (most + 1 - level):
            return False
        taken = left.replace(b"[]", b"")
        if len(taken) == len(left):
            return True  # brackets that do not match: those of texts
        left = taken
    return True
