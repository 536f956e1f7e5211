"""What counts as this machine, and how URLs are taken apart."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

#: The port of each scheme that may be called.
PORTS: Final = {"https": 443, "http": 80}


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return loops_back(ip_address(host.strip("[]")))
    except ValueError:
        return False


def loops_back(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is this machine's own. An IPv4 one in disguise is none, whatever Python's library says."""
    return address.is_loopback and not (isinstance(address, IPv6Address) and address.ipv4_mapped)


def is_loopback_origin(origin: str) -> bool:
    """Whether a browser's Origin header names a page served from this machine."""
    parts = split_http_url(origin)
    return parts is not None and not parts.path and is_loopback(parts.hostname or "")


def split_http_url(url: str) -> SplitResult | None:
    """The parts of an absolute http(s) URL without query, fragment or user; None when it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when out of range
    except ValueError:
        return None
    plain = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
    return parts if plain and "@" not in parts.netloc else None


def bracketed(host: str) -> str:
    """A host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def plain_http_url(url: str) -> SplitResult | None:
    """The parts of an http(s) URL without query in which nothing is hidden: no user, dot segment, escaped slash."""
    if not url.isascii() or not url.isprintable() or any(each in url for each in " \\#?"):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or port == 0 or any(each in parts.netloc for each in "@%"):
        return None
    segments = unquote(unquote(parts.path)).split("/")[1:]
    hidden = any(segment in ("", ".", "..") or "\\" in segment for segment in segments if parts.path)
    return None if hidden or (parts.path and "%2f" in parts.path.lower()) else parts


def base_url(url: str) -> str:
    """A base URL without the slash at its end, to compare by."""
    return url.rstrip("/")
