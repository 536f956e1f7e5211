"""A FHIR server on loopback that behaves as badly as a test asks.

It answers each resource type with a behaviour: a function that writes to the socket and says
whether the connection stays open. What is not told otherwise is an empty searchset, and the
patient of `examples`.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from tests.examples import PATIENT_ID, bundle, patient

Behaviour = Callable[[socket.socket, str], bool]
FHIR = "application/fhir+json; charset=utf-8"


def answer(
    body: object, status: int = 200, content_type: str = FHIR, headers: Mapping[str, str] | None = None
) -> Behaviour:
    """A plain answer; bytes as they are."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)

    def behave(connection: socket.socket, path: str) -> bool:  # noqa: ARG001
        connection.sendall(head(status, content_type, {"Content-Length": str(len(content)), **(headers or {})}))
        connection.sendall(content)
        return True

    return behave


def head(status: int = 200, content_type: str = FHIR, headers: Mapping[str, str] | None = None) -> bytes:
    """The head of an answer."""
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {content_type}",
        *(f"{k}: {v}" for k, v in (headers or {}).items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def dripping(content: bytes, first: bytes = b"", every: float = 0.02) -> Behaviour:
    """Bytes one by one, for ever again from the start, after some at once."""

    def behave(connection: socket.socket, path: str) -> bool:  # noqa: ARG001
        connection.sendall(first)
        while True:
            for each in content:
                connection.sendall(bytes((each,)))
                time.sleep(every)

    return behave


def after(seconds: float, then: Behaviour) -> Behaviour:
    """The same, later."""

    def behave(connection: socket.socket, path: str) -> bool:
        time.sleep(seconds)
        return then(connection, path)

    return behave


def silence(connection: socket.socket, path: str) -> bool:  # noqa: ARG001
    """Takes the request and never says anything."""
    while connection.recv(1024):
        pass
    return False


def reset(connection: socket.socket, path: str) -> bool:  # noqa: ARG001
    """Breaks off in the middle of the answer."""
    connection.sendall(head(headers={"Content-Length": "1000"}) + b'{"resourceType": "Bun')
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


class FhirServer:
    """`answers`: resource type -> behaviour. `asked`: path and headers of each request; `opened`: connections made."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", answers_tls: bool = True) -> None:
        self.answers: dict[str, Behaviour] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.opened = 0
        self._tls = tls
        self._answers_tls = answers_tls
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.bind((host, 0))
        self._socket.listen(256)
        self.port: int = self._socket.getsockname()[1]
        scheme = "https" if tls or not answers_tls else "http"
        self.base = f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}/fhir"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def paths(self) -> list[str]:
        """What was asked for, below the base."""
        return [path.removeprefix("/fhir/") for path, _ in self.asked]

    def types(self) -> list[str]:
        """The resource types asked for, in order of their names."""
        return sorted(path.partition("?")[0].partition("/")[0] for path in self.paths)

    def close(self) -> None:
        """Stop taking connections."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.opened += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if not self._answers_tls:
                silence(connection, "")
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while self._answer_one(connection):
                pass
        except OSError:
            pass  # the client has gone: what many of these tests are about
        finally:
            connection.close()

    def _answer_one(self, connection: socket.socket) -> bool:
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return False
            received += part
        first, *lines = received.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
        path = first.split(" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.asked.append((path, headers))
        kind = path.removeprefix("/fhir/").partition("?")[0].partition("/")[0]
        behaviour = self.answers.get(kind) or answer(patient() if kind == "Patient" else bundle())
        return behaviour(connection, path)


@contextmanager
def fhir_server(**answers: Behaviour) -> Iterator[FhirServer]:
    """A server with these answers."""
    server = FhirServer()
    server.answers.update(answers)
    try:
        yield server
    finally:
        server.close()


def token(scope: str = "patient/*.read", **members: Any) -> dict[str, Any]:
    """A fhirAuthorization."""
    return {
        "access_token": "token-that-must-stay-secret",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": scope,
        "subject": "osteo-cds",
        "patient": PATIENT_ID,
        **members,
    }


def offering(
    body: dict[str, Any], base: str, *without: str, scope: str = "patient/*.read", **members: Any
) -> dict[str, Any]:
    """The request without these prefetch keys, with a server to fetch them from."""
    prefetch = {key: value for key, value in body["prefetch"].items() if key not in without}
    return {**body, "prefetch": prefetch, "fhirServer": base, "fhirAuthorization": token(scope, **members)}
