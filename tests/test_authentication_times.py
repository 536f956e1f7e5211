"""When a token is valid: below, on and above each limit. All times are seconds from now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.tokens import GONE, NOW, SECOND, authenticator, claims, header, reason, sign, token


@pytest.mark.parametrize(
    ("issued", "begins", "expires", "why"),
    [
        (0, None, 300, ""),
        # exp, with a minute's leeway
        (-240, None, 1, ""),
        (-240, None, -59, ""),
        (-240, None, -60, "expired"),
        (-240, None, -61, "expired"),
        (-240, None, -59.5, ""),
        (-4000, None, -3600, "expired"),
        # iat
        (59, None, 300, ""),
        (60, None, 300, ""),
        (61, None, 300, "early"),
        (60.5, None, 300, "early"),
        # nbf
        (0, 59, 300, ""),
        (0, 60, 300, ""),
        (0, 61, 300, "early"),
        (0, -600, 300, ""),
        (61, 0, 300, "early"),
        # the life, to which no leeway is added
        (0, None, 899, ""),
        (0, None, 900, ""),
        (0, None, 900.5, "life"),
        (0, None, 901, "life"),
        (-850, None, 50, ""),
        (-850, None, 51, "life"),
        (-86400, None, 300, "life"),
        (10, None, 10, "life"),
        (20, None, 10, "life"),
    ],
)
def test_a_token_is_valid_for_a_while(issued: float, begins: float | None, expires: float, why: str) -> None:
    text = token(iat=SECOND + issued, exp=SECOND + expires, nbf=GONE if begins is None else SECOND + begins)
    assert reason(authenticator(), text) == why


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    "value",
    [
        str(SECOND),
        f"{SECOND}.0",
        "",
        None,
        True,
        False,
        [SECOND],
        {"$date": SECOND},
        -1,
        1e30,
        1e300,
        10**400,
        -(10**400),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_time_is_a_number_of_seconds(name: str, value: Any) -> None:
    changes: dict[str, Any] = {name: value}
    assert reason(authenticator(), token(**changes)) == "times"


@pytest.mark.parametrize("name", ["exp", "iat"])
def test_a_token_says_when_it_was_made_and_when_it_ends(name: str) -> None:
    changes: dict[str, Any] = {name: GONE}
    assert reason(authenticator(), token(**changes)) == "times"


def test_a_number_too_large_for_json_readers_is_no_time() -> None:
    body = str(claims(exp=0)).replace("'", '"').replace('"exp": 0', '"exp": 1e999').encode()
    assert reason(authenticator(), sign(header(), body)) == "times"
    digits = str(claims(exp=0)).replace("'", '"').replace('"exp": 0', '"exp": 1' + "0" * 5000).encode()
    assert reason(authenticator(), sign(header(), digits)) == "structure"


def test_it_is_the_clock_of_the_service_that_counts() -> None:
    text = token()
    assert reason(authenticator(now=NOW + timedelta(seconds=359)), text) == ""
    assert reason(authenticator(now=NOW + timedelta(seconds=360)), text) == "expired"
    assert reason(authenticator(now=NOW - timedelta(seconds=61)), text) == "early"
