"""Which FHIR server may be called: the list decides, and the address a name turns out to have."""

from __future__ import annotations

import socket
import time
from ipaddress import ip_address
from typing import Any

import orjson
import pytest

from cds_service.clients import Client
from cds_service.fhir_access import Completed, FhirAccess, fetch_missing
from cds_service.fhir_access.allowed import Reach, Server, allowed_server, normal, reachable
from cds_service.fhir_access.resolving import Resolver
from cds_service.fhir_access.scopes import Grant, granted
from cds_service.settings import Settings
from cds_service.wire import read_envelope, read_request
from hooks.services import SERVICES
from tests.examples import request
from tests.fhir_server import FhirServer, fhir_server, offering

EHR = "https://ehr.example.org/fhir"
LISTED = Settings(development=False, fhir_servers=(EHR,), fetch_deadline_ms=20_000)
NOT_ALLOWED = "FHIR server is not on the allow-list"


def client(*servers: str, **members: Any) -> Client:
    return Client(name="ehr", iss="https://ehr.example.org", fhir_servers=servers, **members)


@pytest.mark.parametrize(
    "url",
    [
        EHR,
        f"{EHR}/",
        "https://ehr.example.org:443/fhir",
        "HTTPS://EHR.Example.ORG/fhir",
    ],
)
def test_a_listed_server_is_allowed_however_it_is_spelled(url: str) -> None:
    found = allowed_server(url, None, LISTED)
    assert found is not None
    assert found.base == EHR


@pytest.mark.parametrize(
    "url",
    [
        "http://ehr.example.org/fhir",
        "https://ehr.example.org:8443/fhir",
        "https://ehr.example.org:0/fhir",
        "https://ehr.example.org",
        "https://ehr.example.org/",
        "https://ehr.example.org/FHIR",
        "https://ehr.example.org/fhir/r4",
        "https://ehr.example.org/fhir/../admin",
        "https://ehr.example.org/x/../fhir",
        "https://ehr.example.org/./fhir",
        "https://ehr.example.org//fhir",
        "https://ehr.example.org/%66hir",
        "https://ehr.example.org/%2e%2e/fhir",
        "https://ehr.example.org/fhir%2f",
        "https://ehr.example.org/fhir?x=1",
        "https://ehr.example.org/fhir?",
        "https://ehr.example.org/fhir#",
        "https://ehr.example.org/fhir\\",
        "https://ehr.example.org\\@evil.example.org/fhir",
        "https://ehr.example.org@evil.example.org/fhir",
        "https://user:word@ehr.example.org/fhir",
        "https://@ehr.example.org/fhir",
        "https://ehr.example.org.evil.example.org/fhir",
        "https://evil.example.org/https://ehr.example.org/fhir",
        "https://ehr.example.org./fhir",
        "https://ehr%2eexample.org/fhir",
        "https://ehr.example.org%00.evil.example.org/fhir",
        "https://еhr.example.org/fhir",
        "https://ehr.example.org /fhir",
        "https://ehr.example.org/fhir\n",
        "https://ehr.exam\tple.org/fhir",
        "https://ehr.example.org:443:443/fhir",
        "https://ehr.example.org:99999/fhir",
        "https://[ehr.example.org]/fhir",
        "https:ehr.example.org/fhir",
        "https:///fhir",
        "ftp://ehr.example.org/fhir",
        "file:///etc/passwd",
        "https://127.0.0.1/fhir",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/fhir",
        "http://0.0.0.0/fhir",
        "http://2130706433/fhir",
        "",
    ],
)
def test_no_other_server_is(url: str) -> None:
    assert allowed_server(url, None, LISTED) is None
    assert allowed_server(url, client(EHR), LISTED) is None


def test_a_client_with_a_list_of_its_own_may_name_no_other_server() -> None:
    other = "https://other.example.org/fhir"
    assert allowed_server(other, client(other), LISTED) is not None
    assert allowed_server(EHR, client(other), LISTED) is None
    assert allowed_server(EHR, client(), LISTED) is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.9"])
def test_without_a_list_only_this_machine_and_only_in_development(host: str) -> None:
    url = f"http://{host}:8085/fhir"
    found = allowed_server(url, None, Settings())
    assert found is not None
    assert (found.base, found.reach) == (url, "loopback")
    assert allowed_server(url, None, Settings(development=False)) is None
    assert allowed_server(url, None, Settings(fhir_servers=())) is None
    assert allowed_server(url, client(url), Settings(development=False)) is None
    assert allowed_server(url, client(url, development=True), Settings(development=False)) is not None


def test_who_must_bring_a_token_reaches_this_machine_only_by_a_list() -> None:
    """Behind a proxy the service listens on loopback too, and its clients are not on this machine."""
    here = "http://127.0.0.1:8085/fhir"
    assert allowed_server(here, client(), Settings(auth="required")) is None
    assert allowed_server(here, client(here), Settings(auth="required")) is not None


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::]",
        "localhost.",
        "10.0.0.1",
    ],
)
def test_what_only_looks_like_this_machine_is_not_allowed_in_development(host: str) -> None:
    assert allowed_server(f"http://{host}:8085/fhir", None, Settings()) is None


def test_plain_http_is_for_this_machine_alone() -> None:
    plain = "http://ehr.example.org/fhir"
    assert allowed_server(plain, client(plain, development=True), Settings(fhir_servers=(plain,))) is None


PUBLIC = ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"]
PRIVATE = ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd12:3456::1", "64:ff9b::a01:203"]
NEVER = [
    *("127.0.0.1", "0.0.0.0", "169.254.169.254", "169.254.1.1", "100.64.0.1", "100.100.100.200", "192.0.0.192"),
    *("224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1"),
    *("::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "fe80::1", "fe80::1%eth0"),
    *("fec0::1", "ff02::1", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:db8::1"),
    "2001:0:0:0:0:0:8000:1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str) -> None:
    assert reachable(ip_address(address), "public")
    assert reachable(ip_address(address), "private")
    assert not reachable(ip_address(address), "loopback")


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_only_where_the_operator_says_so(address: str) -> None:
    assert not reachable(ip_address(address), "public")
    assert reachable(ip_address(address), "private")


@pytest.mark.parametrize("address", NEVER)
def test_addresses_that_are_never_called_but_loopback_in_development(address: str) -> None:
    assert not reachable(ip_address(address), "public")
    assert not reachable(ip_address(address), "private")
    assert reachable(ip_address(address), "loopback") == (address in ("127.0.0.1", "::1"))


@pytest.mark.parametrize(
    ("settings", "of_client", "reach"),
    [
        (LISTED, client(EHR), "public"),
        (LISTED, client(EHR, private_network=True), "private"),
        (Settings(development=False, fhir_servers=(EHR,), fhir_private_network=True), None, "private"),
    ],
)
def test_a_private_network_is_allowed_for_a_client_or_for_all(
    settings: Settings, of_client: Client | None, reach: Reach
) -> None:
    found = allowed_server(EHR, of_client, settings)
    assert found is not None
    assert found.reach == reach


# --- names ------------------------------------------------------------------------------


def named(monkeypatch: pytest.MonkeyPatch, *addresses: str, seconds: float = 0.0) -> list[str]:
    """Every name has these addresses, one after the other on each lookup; the names that were looked up."""
    looked_up: list[str] = []
    left = list(addresses)
    real = socket.getaddrinfo

    def lookup(host: str, port: Any, *rest: Any, **more: Any) -> Any:
        if host.replace(".", "").isdigit():
            return real(host, port, *rest, **more)
        looked_up.append(host)
        time.sleep(seconds)
        if not left:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        address = left[0] if len(left) == 1 else left.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return looked_up


def fetched(url: str, settings: Settings, of_client: Client | None = None) -> Completed:
    """What came of a call that lacks the conditions."""
    view = SERVICES[0]
    made = read_request(read_envelope(orjson.dumps(offering(request(), url, "conditions"))), view.hook)
    return fetch_missing(made, view, of_client, settings, FhirAccess(settings))


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "0.0.0.0"])
def test_a_listed_name_with_an_address_of_the_inside_is_not_called(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("connected"))
    assert named(monkeypatch, address) == []
    assert fetched(EHR, LISTED).reasons == {"conditions": "FHIR server has an address that may not be called"}


def test_the_address_that_was_judged_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public at the first lookup and inside at the second (DNS rebinding) is looked up once."""
    called: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        called.append(address)
        assert timeout > 0
        raise ConnectionRefusedError

    looked_up = named(monkeypatch, "93.184.216.34", "169.254.169.254")
    monkeypatch.setattr(socket, "create_connection", connect)
    assert fetched(EHR, LISTED).reasons == {"conditions": "FHIR server cannot be reached"}
    assert called == [("93.184.216.34", 443)]
    assert looked_up == ["ehr.example.org"]


def test_a_private_address_is_called_with_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[str, int]] = []
    named(monkeypatch, "10.1.2.3")

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:  # noqa: ARG001
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    fetched(EHR, LISTED, client(EHR, private_network=True))
    assert called == [("10.1.2.3", 443)]


def test_localhost_that_is_elsewhere_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("connected"))
    named(monkeypatch, "93.184.216.34")
    found = fetched("http://localhost:8085/fhir", Settings(fetch_deadline_ms=20_000))
    assert found.reasons == {"conditions": "FHIR server has an address that may not be called"}


def test_a_name_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch)
    assert fetched(EHR, LISTED).reasons == {"conditions": "name of the FHIR server cannot be resolved"}


def test_a_lookup_that_hangs_costs_one_thread_and_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = named(monkeypatch, "93.184.216.34", seconds=1.5)
    settings = Settings(development=False, fhir_servers=(EHR,))
    access = FhirAccess(settings)
    view = SERVICES[0]
    made = read_request(read_envelope(orjson.dumps(offering(request(), EHR, *view.prefetch))), view.hook)
    taken = []
    for _ in range(3):
        found = fetch_missing(made, view, None, settings, access)
        taken.append(found.fetch_ms)
        assert set(found.reasons.values()) == {"no answer within the deadline"}
    assert min(taken) < 500
    assert looked_up == ["ehr.example.org"]


def test_a_lookup_is_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = named(monkeypatch, "93.184.216.34")
    resolver = Resolver()
    assert resolver.resolve("ehr.example.org", 5) == resolver.resolve("ehr.example.org", 5)
    assert resolver.resolve("10.0.0.1", 5) == (ip_address("10.0.0.1"),)
    assert looked_up == ["ehr.example.org"]


def test_a_server_that_is_not_allowed_is_not_called_and_the_answer_says_so() -> None:
    with fhir_server() as server:
        found = fetched(server.base, Settings(fhir_servers=(EHR,)))
        assert found.reasons == {"conditions": NOT_ALLOWED}
        assert server.opened == 0


def test_a_listed_server_of_a_development_client_is_called() -> None:
    server = FhirServer()
    own = client(server.base, development=True)
    found = fetched(server.base, Settings(fetch_deadline_ms=20_000, clients=(own,)), own)
    server.close()
    assert found.reasons == {}


# --- links ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        (f"{EHR}?_getpages=1", True),
        (f"{EHR}/?_getpages=1", True),
        (f"{EHR}/Observation?patient=1&page=2", True),
        ("https://ehr.example.org:443/fhir/Observation", True),
        ("https://ehr.example.org/fhirs/Observation", False),
        ("https://ehr.example.org/other", False),
        ("https://ehr.example.org/fhir/../admin", False),
        ("https://ehr.example.org/fhir/%2e%2e/admin", False),
        ("https://ehr.example.org/fhir/..%2fadmin", False),
        ("http://ehr.example.org/fhir/Observation", False),
        ("https://ehr.example.org:444/fhir/Observation", False),
        ("https://ehr.example.org@evil.example.org/fhir/Observation", False),
        ("https://evil.example.org/fhir/Observation", False),
        (f"{EHR}/Observation?x=1\r\nHost: evil", False),
        (f"{EHR}/Observation#x", False),
    ],
)
def test_which_links_stay_on_the_server(url: str, ours: bool) -> None:
    server = normal(EHR)
    assert isinstance(server, Server)
    assert server.owns(url) == ours


# --- scopes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "read", "search"),
    [
        ("patient/Observation.read", Grant.ALL, Grant.ALL),
        ("user/Observation.read", Grant.ALL, Grant.ALL),
        ("system/Observation.read", Grant.ALL, Grant.ALL),
        ("patient/*.read", Grant.ALL, Grant.ALL),
        ("patient/*.*", Grant.ALL, Grant.ALL),
        ("patient/Observation.rs", Grant.ALL, Grant.ALL),
        ("patient/*.cruds", Grant.ALL, Grant.ALL),
        ("patient/Observation.r", Grant.ALL, Grant.NONE),
        ("patient/Observation.s", Grant.NONE, Grant.ALL),
        ("patient/Observation.rs?category=laboratory", Grant.PART, Grant.PART),
        ("patient/Observation.rs?category=laboratory patient/*.rs", Grant.ALL, Grant.ALL),
        ("launch\topenid\npatient/Observation.read", Grant.ALL, Grant.ALL),
        ("patient/Observation.write", Grant.NONE, Grant.NONE),
        ("patient/Observation.cud", Grant.NONE, Grant.NONE),
        ("patient/Observation.", Grant.NONE, Grant.NONE),
        ("patient/Observation.sr", Grant.NONE, Grant.NONE),
        ("patient/Condition.read", Grant.NONE, Grant.NONE),
        ("patient/ObservationX.read", Grant.NONE, Grant.NONE),
        ("PATIENT/Observation.read", Grant.NONE, Grant.NONE),
        ("xpatient/Observation.read", Grant.NONE, Grant.NONE),
        ("patient/Observation.readonly", Grant.NONE, Grant.NONE),
        ("Observation.read", Grant.NONE, Grant.NONE),
        ("", Grant.NONE, Grant.NONE),
    ],
)
def test_what_scopes_grant(scope: str, read: Grant, search: Grant) -> None:
    assert granted(scope, "Observation", "r") is read
    assert granted(scope, "Observation", "s") is search
