"""A silence: alerts with these labels are recorded and not told."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.tick import END

ID = r"^[0-9a-f]{32}" + END


class Matcher(msgspec.Struct, frozen=True, omit_defaults=True):
    """A label and what it must be."""

    label: Annotated[str, Meta(min_length=1, max_length=100, description="a label, `rule` or `severity`")]
    value: Annotated[str, Meta(max_length=400, description="a `*` at its end stands for anything")]
    negated: bool = False


class Silence(msgspec.Struct, frozen=True):
    """Which alerts it silences, and until when."""

    id: Annotated[str, Meta(pattern=ID)]
    matchers: Annotated[list[Matcher], Meta(min_length=1, max_length=20, description="all of them must hold")]
    starts_ms: Annotated[int, Meta(description="epoch ms UTC")]
    ends_ms: Annotated[int, Meta(description="epoch ms UTC")]
    author: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]
