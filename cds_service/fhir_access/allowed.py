"""Which FHIR server may be called, and at which addresses.

A request names the server, so it decides nothing: the name must be, in normal form, exactly a
base URL on the list of the client or of the deployment. The address a name resolves to is
judged too (network addresses of a hospital only where the operator says so), and the
connection is made to the address that was judged (connections.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, Literal

from cds_service.clients import Client
from cds_service.network import PORTS, is_loopback, loops_back, plain_http_url
from cds_service.settings import Settings

Address = IPv4Address | IPv6Address
Reach = Literal["public", "private", "loopback"]

#: RFC 1918 and unique local addresses: what a hospital's own network uses.
_PRIVATE: Final = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv6Network("fc00::/7"),
)
#: Where cloud machines answer with their own credentials; the commonest is link-local.
_METADATA: Final = (IPv6Network("fd00:ec2::/32"), IPv4Network("192.0.0.0/24"))
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Server:
    """A FHIR server in normal form. `reach`: the kind of addresses its name may have."""

    scheme: str
    host: str
    port: int
    path: str
    reach: Reach = "public"

    @property
    def base(self) -> str:
        """The base URL, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    def owns(self, url: str) -> bool:
        """Whether an absolute URL is below this base: the same scheme, host and port, its path inside."""
        parts = plain_http_url(url.partition("?")[0].removesuffix("/"))
        if "#" in url or parts is None or (parts.scheme, parts.hostname) != (self.scheme, self.host):
            return False
        inside = parts.path == self.path or parts.path.startswith(f"{self.path}/")
        return inside and (parts.port or PORTS[parts.scheme]) == self.port and url.isascii() and url.isprintable()


def allowed_server(url: str, client: Client | None, settings: Settings) -> Server | None:
    """The server a request names, if it may be called; else None.

    A client that lists FHIR servers may name those alone, any other caller those of
    OSTEO_CDS_FHIR_SERVERS; where that is not set, in development without tokens, one on this machine.
    """
    server = normal(url)
    if server is None:
        return None
    here = is_loopback(server.host)
    listed = client.fhir_servers if client and client.fhir_servers else settings.fhir_servers
    if listed is None:
        # behind a proxy a service on loopback is no development: its clients are elsewhere, this machine is not theirs
        unlisted = here and settings.development and settings.auth == "off"
        return replace(server, reach="loopback") if unlisted else None
    if server not in _normals(tuple(listed)):
        return None
    if here:
        development = settings.development or (client is not None and client.development)
        return replace(server, reach="loopback") if development else None
    if server.scheme != "https":
        return None
    private = settings.fhir_private_network or (client is not None and client.private_network)
    return replace(server, reach="private") if private else server


def reachable(address: Address, reach: Reach) -> bool:
    """Whether an address may be called. Link-local, metadata and such never; private ones only with `reach`."""
    if reach == "loopback":
        return loops_back(address)
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return reachable(inner, reach)
        public = address in _GLOBAL_V6 and address.is_global
    else:
        public = address.is_global and not address.is_multicast and not address.is_reserved
    if any(address in network for network in _METADATA):
        return False
    return public or (reach == "private" and any(address in network for network in _PRIVATE))


def literal(host: str) -> Address | None:
    """The address a host is written as; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def normal(url: str) -> Server | None:
    """A base URL in normal form; None for one that could be read in two ways."""
    parts = plain_http_url(url.rstrip("/"))
    if parts is None:
        return None
    return Server(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme], parts.path)


@lru_cache(maxsize=64)
def _normals(urls: Iterable[str]) -> frozenset[Server | None]:
    return frozenset(map(normal, urls)) - {None}
