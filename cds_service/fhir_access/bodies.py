"""The body of an answer: unpacked as it is read, and no further than it may be large or take time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from cds_service.fhir_access import reasons
from cds_service.fhir_access.pages import FetchError

#: Is told the headers of an answer.
Heard = Callable[[Mapping[str, str]], None]
#: Bytes read, and unpacked, at a time.
CHUNK: Final = 65536


class Receiving(Protocol):
    """The limits of a fetch."""

    def remaining(self) -> float:
        """Seconds until the deadline; FetchError when it has passed."""

    def count(self, size: int) -> None:
        """Note bytes received; FetchError when they are too many."""


def read_body(chunks: Iterator[bytes], encoding: str, fetch: Receiving) -> bytes:
    """The text of an answer; FetchError when it is too large, too slow, or no UTF-8."""
    body = b"".join(_inflated(chunks, encoding, fetch)).removeprefix(b"\xef\xbb\xbf")
    if not body.isascii():
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            raise FetchError(reasons.BROKEN) from None
    return body


def _inflated(chunks: Iterator[bytes], encoding: str, fetch: Receiving) -> Iterator[bytes]:
    """The body as it is read; never more than a chunk is inflated at a time, so that no bomb goes off."""
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise FetchError(reasons.ENCODING)
    inflate = None if encoding == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 16)
    for chunk in chunks:
        fetch.remaining()
        if inflate is None:
            fetch.count(len(chunk))
            yield chunk
            continue
        rest = chunk
        while rest and not inflate.eof:
            try:
                part = inflate.decompress(rest, CHUNK)
            except zlib.error:
                raise FetchError(reasons.BROKEN) from None
            fetch.count(len(part))
            yield part
            fetch.remaining()
            rest = inflate.unconsumed_tail
    if inflate is not None and not inflate.eof:
        raise FetchError(reasons.BROKEN)
