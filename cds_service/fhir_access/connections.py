"""HTTP to one FHIR server: a kept requests.Session whose connections go only to addresses that were judged.

A connection knows which fetch uses it, so that the fetch can be ended from outside at any
moment, whatever the server does: its socket is shut, and the waiting thread wakes. Imported
at the first fetch: most calls need no HTTP client.
"""

from __future__ import annotations

import logging
import socket
import ssl
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from threading import Lock, local
from typing import Any, Final, Protocol

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from cds_service.fhir_access import reasons
from cds_service.fhir_access.allowed import Reach, Server, reachable
from cds_service.fhir_access.bodies import CHUNK, Heard, Receiving, read_body
from cds_service.fhir_access.pages import FetchError
from cds_service.fhir_access.resolving import Resolver

# it logs URLs, and a search names its patient
logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)

#: Seconds a socket waits beyond the deadline, when nobody waits any more: see fetching.MOMENT.
_BEYOND: Final = 0.25
#: Connections kept open to one server.
_KEPT: Final = 32
_HEADERS: Final = {
    "Accept": "application/fhir+json, application/json;q=0.9",
    "Accept-Encoding": "gzip",
    "Cache-Control": "no-cache",  # a server may answer a search from its cache; the doctor wants the record of now
    "User-Agent": "osteo-cds",
}


class Fetch(Receiving, Protocol):
    """What a connection needs to know of the fetch that uses it."""

    heard: bool

    def take(self, connection: Connection) -> None:
        """Note the connection in use; FetchError when the fetch was ended meanwhile."""


class _Current(local):
    """The fetch of this thread; whether its connection is one that was kept, and the session's rules."""

    fetch: Fetch
    kept: bool = False
    reach: Reach = "public"
    resolver: Resolver


_current: Final = _Current()
_owning: Final = Lock()


class Connection(HTTPConnection):
    """A connection that knows its fetch."""

    owner: Fetch | None = None
    new = False

    def _new_conn(self) -> socket.socket:
        """The socket, connected to an address that may be called: no second lookup can turn it elsewhere."""
        self._own()
        self.new = True
        return _connected(self.host.strip("[]"), int(self.port or 0))

    def request(self, *arguments: Any, **named: Any) -> None:
        """Send a request, noting whose it is."""
        self._own()
        _current.kept, self.new = not self.new, False
        super().request(*arguments, **named)

    def drop(self, fetch: Fetch) -> None:
        """End what `fetch` waits for on this connection; nothing if another fetch has it by now."""
        with _owning:
            sock = self.sock
            if self.owner is not fetch or sock is None:
                return
            try:
                # that of socket.socket: the one of TLS sockets would change them under the reading thread
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return  # closed already

    def leave(self, fetch: Fetch) -> None:
        """Forget a fetch that is done: the connection is kept, the record it brought is not."""
        with _owning:
            if self.owner is fetch:
                self.owner = None

    def _own(self) -> None:
        with _owning:
            self.owner = _current.fetch
        _current.fetch.take(self)


class _TlsConnection(HTTPSConnection, Connection):
    """The same over TLS; the certificate is checked against the name, not the address."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    """Connections of ours, and certificates checked with one context, made once."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=_KEPT)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002 - the adapter's signature
        """The context has the authorities; read again for each connection they would cost 20 ms."""
        conn.cert_reqs = "CERT_REQUIRED"


class _Session(requests.Session):
    """A session that looks at no redirect: requests would read its body whole, only to know where it leads."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the library's signature
        return None


class Http:
    """GET from one server, over kept connections."""

    def __init__(
        self, server: Server, authorities: Path | None, resolver: Resolver, heard: Heard | None = None
    ) -> None:
        self._reach = server.reach
        self._resolver = resolver
        self._session = _Session()
        # neither proxies, nor a .netrc whose password would take the token's place
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.clear()
        if heard is not None:
            self._session.hooks["response"] = [lambda response, **_: heard(response.headers)]
        self._session.mount(
            f"{server.scheme}://", _Adapter(_context(authorities) if server.scheme == "https" else None)
        )

    def get(self, url: str, token: str, fetch: Fetch) -> bytes:
        """The body of a JSON answer with status 200; FetchError otherwise, or when the fetch has to end."""
        _current.fetch, _current.reach, _current.resolver = fetch, self._reach, self._resolver
        _current.kept = False
        try:
            return self._get_again(url, token, fetch)
        finally:
            del _current.fetch  # the thread is kept, the record is not

    def _get_again(self, url: str, token: str, fetch: Fetch) -> bytes:
        """The body; asked for once more where a kept connection turns out to be closed."""
        try:
            return self._get(url, token, fetch)
        except (requests.RequestException, HTTPError, OSError) as error:
            fetch.remaining()  # raises, if this is how a fetch ends whose time is over
            if not _current.kept:
                raise FetchError(_reason(error)) from None
        try:  # a kept connection may have been closed by the server meanwhile: once more, over a new one
            return self._get(url, token, fetch)
        except (requests.RequestException, HTTPError, OSError) as error:
            fetch.remaining()
            raise FetchError(_reason(error)) from None

    def _get(self, url: str, token: str, fetch: Fetch) -> bytes:
        response = self._session.get(
            url,
            headers={**_HEADERS, "Authorization": f"Bearer {token}"},
            stream=True,
            allow_redirects=False,
            timeout=fetch.remaining() + _BEYOND,
        )
        try:
            fetch.remaining()  # a head that ends because the fetch was ended is no answer
            fetch.heard, _current.kept = True, False
            if response.status_code != 200:
                raise FetchError(reasons.of_status(response.status_code))
            if "json" not in response.headers.get("Content-Type", "").lower():
                raise FetchError(reasons.NOT_JSON)
            encoding = response.headers.get("Content-Encoding", "identity").lower()
            return read_body(response.raw.stream(CHUNK, decode_content=False), encoding, fetch)
        finally:
            response.close()


def _context(authorities: Path | None) -> ssl.SSLContext:
    """Checks certificates against the authorities of a file, else against those requests brings."""
    return ssl.create_default_context(cafile=str(authorities) if authorities else DEFAULT_CA_BUNDLE_PATH)


def _connected(host: str, port: int) -> socket.socket:
    """A socket to the first address of a host that may be called and answers before the deadline."""
    fetch = _current.fetch
    try:
        found = _current.resolver.resolve(host, fetch.remaining() + _BEYOND)
    except TimeoutError:
        raise FetchError(reasons.DEADLINE) from None
    except OSError:
        raise FetchError(reasons.NO_NAME) from None
    addresses = [address for address in found if reachable(address, _current.reach)]
    if not addresses:
        raise FetchError(reasons.ADDRESS)
    for left in range(len(addresses), 0, -1):
        try:
            sock = socket.create_connection((str(addresses[-left]), port), (fetch.remaining() + _BEYOND) / left)
        except OSError:
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    fetch.remaining()
    raise FetchError(reasons.UNREACHABLE)


def _reason(error: BaseException) -> str:
    """The reason for a failure below HTTP, by the kinds of exception it came through."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, requests.exceptions.SSLError | ssl.SSLError):
            return reasons.TLS
        if isinstance(seen, TimeoutError | requests.Timeout):
            return reasons.DEADLINE
        seen = seen.__cause__ or seen.__context__
    return reasons.BROKEN_OFF
