"""A FHIR server for the benchmark: each answer takes a while, or never comes.

    python -m benchmarks.slow_fhir --port 8085 --ms 30

The path says how: /fhir answers every search after the given time, /silent takes requests and
says nothing, /drip sends one byte each 10 ms, /endless a body without end, /huge gzipped blanks.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
from contextlib import suppress
from typing import Final

import orjson

PATIENT: Final = {"resourceType": "Patient", "id": "pat-1", "gender": "female", "birthDate": "1957-06-01"}
EMPTY: Final = {"resourceType": "Bundle", "type": "searchset"}


def head(*lines: str) -> bytes:
    """The head of an answer with status 200."""
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: application/fhir+json", *lines, "", ""]).encode()


async def answer(path: str, writer: asyncio.StreamWriter, seconds: float) -> None:
    """One answer, as the path says."""
    if path.startswith("/silent"):
        await asyncio.sleep(3600)
    if path.startswith("/drip"):
        for each in head("Content-Length: 100000") + b" " * 100_000:
            writer.write(bytes((each,)))
            await writer.drain()
            await asyncio.sleep(0.01)
    if path.startswith("/endless"):
        writer.write(head("Transfer-Encoding: chunked"))
        while True:
            writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
            await writer.drain()
    if path.startswith("/huge"):
        body = BOMB
        writer.write(head(f"Content-Length: {len(body)}", "Content-Encoding: gzip") + body)
    else:
        await asyncio.sleep(seconds)
        body = orjson.dumps(PATIENT if "/Patient/" in path else EMPTY)
        writer.write(head(f"Content-Length: {len(body)}") + body)
    await writer.drain()


BOMB: Final = gzip.compress(b" " * 50_000_000, 1)


async def serve(port: int, seconds: float) -> None:
    """Serve until ended."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                await answer(request.split(b" ", 2)[1].decode("latin-1"), writer, seconds)
        writer.close()

    async with await asyncio.start_server(connected, "127.0.0.1", port) as server:
        await server.serve_forever()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8085)
    parser.add_argument("--ms", type=float, default=30.0, help="milliseconds each answer takes")
    given = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(given.port, given.ms / 1000))


if __name__ == "__main__":
    main()
