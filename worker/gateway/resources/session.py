"""Who calls, and the session of a browser."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from worker.settings.gateway import Role


class SessionRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What begins a session."""

    token: Annotated[str, Meta(min_length=1, max_length=8_192)]


class SessionFacts(msgspec.Struct):
    """Who calls, and what of."""

    who: str
    role: Role
    auth: Annotated[Literal["none", "token", "oidc"], Meta(description="`gateway.auth`")]
    csrf: Annotated[str | None, Meta(description="for X-CSRF-Token in writes; null where no cookie says who calls")]
    version: Annotated[str, Meta(description="of the gateway")]
    prefix: Annotated[str, Meta(description="of all topics")]
    group: Annotated[str, Meta(description="of the workers")]
    bootstrap: Annotated[str | None, Meta(description="Kafka's addresses, for the role admin")]
    now_ms: Annotated[int, Meta(description="the gateway's clock, epoch ms UTC")]
