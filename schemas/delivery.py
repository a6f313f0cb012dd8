"""`alerts.deliveries`: messages to receivers and what became of them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.alert import Alert

Cause = Literal["change", "repeat", "escalation", "fallback"]
Outcome = Literal["queued", "failed", "delivered", "refused", "expired", "no_receiver"]


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is told. Key: `message/` and its id; removed when all its deliveries are settled."""

    schema_version: int
    message_id: Annotated[str, Meta(description="the same at each repeat of a delivery")]
    cause: Cause
    group: Annotated[str, Meta(description="key of the group")]
    labels: Annotated[dict[str, str], Meta(description="what the group has in common")]
    alerts: Annotated[list[Alert], Meta(description="of a summary the first ones")]
    others: Annotated[list[str], Meta(description="`alert_id`s of a summary's further alerts")] = []
    firing: Annotated[int, Meta(ge=0, description="how many of all fire")] = 0
    resolved: Annotated[int, Meta(ge=0, description="how many of all have ended")] = 0


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message to one receiver. Key: the message's id, `/`, and the receiver's name."""

    schema_version: int
    message_id: str
    receiver: str
    outcome: Annotated[Outcome, Meta(description="refused, expired and no_receiver went to the fallback")]
    queued_ms: Annotated[int, Meta(description="wall time, epoch ms UTC")]
    attempts: Annotated[int, Meta(ge=0)]
    last_ms: Annotated[int | None, Meta(description="of the last attempt, wall time")] = None
    status: Annotated[int | None, Meta(description="of HTTP, where there is one")] = None
    detail: Annotated[str, Meta(description="why it failed; without addresses and secrets")] = ""
    alerts: Annotated[list[str], Meta(description="`alert_id`s")] = []
