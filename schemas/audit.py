"""`audit`: what operators did; kept for ever."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.tick import END

Acknowledged = Literal["kill", "unreadable"]


class Audit(msgspec.Struct, omit_defaults=True):
    """One act. Key: what it is about."""

    schema_version: int
    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}" + END, description="of the act")]
    ts: Annotated[int, Meta(description="wall time, epoch ms UTC")]
    who: Annotated[str, Meta(min_length=1, max_length=200)]
    action: Literal["acknowledge"]
    subject: Annotated[Acknowledged, Meta(description="what was acknowledged")]
    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]
