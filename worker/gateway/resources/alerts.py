"""Alerts, their deliveries, and silences."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.alert import Alert
from schemas.delivery import Delivery
from schemas.silence import Matcher, Silence
from worker.gateway.resources.page import LOOSE


class AlertItem(msgspec.Struct):
    """The newest record of an alert, and where it lies."""

    partition: int
    offset: int
    timestamp: Annotated[int, Meta(description="of the record, epoch ms UTC")]
    alert: Annotated[Alert | None, Meta(description="as the topic holds it", extra_json_schema=LOOSE)]
    silenced: Annotated[bool, Meta(description="whether a silence holds for it")] = False
    problem: Annotated[str | None, Meta(description="how it differs from what this gateway knows")] = None


class AlertList(msgspec.Struct):
    """Alerts, those that fire first, the newest before older ones."""

    items: list[AlertItem]
    total: Annotated[int, Meta(description="how many pass the filters")]
    firing: Annotated[int, Meta(description="how many of all alerts fire and are not acknowledged")]


class DeliveryItem(msgspec.Struct):
    """What became of a message to one receiver."""

    timestamp: Annotated[int, Meta(description="of the record, epoch ms UTC")]
    delivery: Annotated[Delivery | None, Meta(description="as the topic holds it", extra_json_schema=LOOSE)]
    problem: str | None = None


class DeliveryList(msgspec.Struct):
    """Deliveries in memory, the newest first."""

    items: list[DeliveryItem]
    total: int


class SilenceList(msgspec.Struct):
    """Silences that hold or will hold, by their ends."""

    items: list[Silence]
    complete: Annotated[bool, Meta(description="false: acts before those in memory may hold further ones")]


class SilenceOrder(msgspec.Struct, forbid_unknown_fields=True):
    """A silence from now on."""

    matchers: Annotated[list[Matcher], Meta(min_length=1, max_length=20, description="all of them must hold")]
    lasts_ms: Annotated[int, Meta(ge=1_000, le=90 * 86_400_000)]
    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]


class AlertAcknowledgement(msgspec.Struct, forbid_unknown_fields=True):
    """Why an alert is taken on."""

    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]


class Acted(msgspec.Struct):
    """An act that was written."""

    subject: Annotated[str, Meta(description="fingerprint of the alert, or id of the silence")]
    audit_id: str
    written_ms: Annotated[int, Meta(description="epoch ms UTC")]
