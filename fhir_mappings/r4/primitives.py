"""FHIR primitive types, each at most as wide as fhir.resources reads it.

What these accept, fhir.resources (R4B) accepts; a test holds that. What they refuse is put
to fhir.resources, so they may be narrower where a pattern would otherwise grow unreadable.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw

_YEAR = r"(?:1[0-9]{3}|2[0-9]{3})"
_LEAP_YEAR = r"(?:[12][0-9](?:0[48]|[2468][048]|[13579][26])|(?:12|16|20|24|28)00)"
_DAY = (
    rf"(?:{_YEAR}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    rf"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)|{_LEAP_YEAR}-02-29)"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_PARTIAL = rf"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?"

#: `string` and `markdown`: not empty. A string of nothing but blanks is caught in resources.py.
Text = Annotated[str, Meta(min_length=1)]
Code = Annotated[str, Meta(pattern=r"\A[^\s]+(?:\s[^\s]+)*\Z")]
Uri = str
Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9.-]{1,255}\Z")]
Date = Annotated[str, Meta(pattern=rf"\A(?:{_DAY}|{_PARTIAL})\Z")]
DateTime = Annotated[str, Meta(pattern=rf"\A(?:{_DAY}(?:T{_CLOCK}{_ZONE})?|{_PARTIAL})\Z")]
Instant = Annotated[str, Meta(pattern=rf"\A{_DAY}T{_CLOCK}{_ZONE}\Z")]
Time = Annotated[str, Meta(pattern=rf"\A{_CLOCK}\Z")]
Integer = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
UnsignedInt = Annotated[int, Meta(ge=0, le=2**31 - 1)]
PositiveInt = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Decimal = float
#: An element no rule reads, or one read from its bytes (subject: identity.py). Any JSON, not validated:
#: to decode it would take longer than all that is read.
Unread = Raw
NONE_SENT = Raw()
