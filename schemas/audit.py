"""`audit`: what operators did; kept for ever."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from schemas.control import Control
from schemas.silence import Silence
from schemas.tick import END

Acknowledged = Literal["kill", "unreadable"]
Action = Literal[
    "acknowledge",
    "set_limits",
    "remove_limits",
    "kill",
    "switch_model",
    "switch_strategy",
    "corporate_action",
    "acknowledge_alert",
    "silence",
    "end_silence",
]
AuditRole = Literal["operate", "admin", "cli"]


class Idempotency(msgspec.Struct, frozen=True):
    """By what a repeated request is known: the same key with the same request has the same answer."""

    key: Annotated[str, Meta(min_length=1, max_length=200)]
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}" + END, description="sha256 of the request")]


class Audit(msgspec.Struct, omit_defaults=True):
    """One act. Key: its subject. A change of limits, a model or a strategy is in one transaction with its control."""

    schema_version: int
    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}" + END, description="of the act")]
    ts: Annotated[int, Meta(description="wall time, epoch ms UTC")]
    who: Annotated[str, Meta(min_length=1, max_length=200)]
    action: Action
    subject: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="what was acknowledged, the key of the control record, or the id of the silence",
        ),
    ]
    reason: Annotated[str, Meta(max_length=1_000)] = ""
    role: Annotated[AuditRole, Meta(description="in which it was done; cli: by a command, with Kafka's rights")] = "cli"
    before: Annotated[Control | None, Meta(description="the key's newest control record before the act")] = None
    after: Annotated[Control | None, Meta(description="the control record that it wrote; none where it removed")] = None
    request_id: Annotated[str, Meta(max_length=200, description="of the request that asked for it")] = ""
    idempotency: Idempotency | None = None
    silence: Annotated[Silence | None, Meta(description="of alerts, where the act is one")] = None

    def __post_init__(self) -> None:
        if (self.silence is not None) != (self.action == "silence"):
            raise ValueError("a silence comes with the act of that name, and with no other")
        if self.action == "acknowledge_alert" and not self.reason:
            raise ValueError("an acknowledgement has a reason")
        if self.action != "acknowledge":
            return
        if self.subject not in get_args(Acknowledged):
            raise ValueError("what is acknowledged is `kill` or `unreadable`")
        if not self.reason:
            raise ValueError("an acknowledgement has a reason")
