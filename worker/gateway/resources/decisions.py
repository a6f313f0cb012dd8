"""Decisions."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.decision import Decision
from worker.gateway.resources.page import LOOSE, Original, Scanned


class DecisionItem(msgspec.Struct):
    """A decision, and where it lies."""

    partition: int
    offset: int
    timestamp: Annotated[int, Meta(description="of the record, epoch ms UTC")]
    decision: Annotated[
        Decision | None,
        Meta(
            description="as the topic holds it; of another form where `problem` says so, null if unreadable",
            extra_json_schema=LOOSE,
        ),
    ]
    unreadable: Annotated[bool, Meta(description="whether the record is no JSON object")] = False
    problem: Annotated[str | None, Meta(description="how it differs from what this gateway knows")] = None
    raw: Annotated[Original | None, Meta(description="of an unreadable record, for the role operate")] = None


class DecisionPage(msgspec.Struct):
    """Some decisions."""

    items: list[DecisionItem]
    cursor: Annotated[str | None, Meta(description="of the next page; null at the end")]
    complete: Annotated[bool, Meta(description="false: a budget ended before the page was full or the end was reached")]
    scanned: Scanned


class SymbolDecision(msgspec.Struct):
    """The newest decision of a symbol."""

    symbol: str
    partition: int
    offset: int
    timestamp: Annotated[int, Meta(description="of the record, epoch ms UTC")]
    decision: Annotated[Decision | None, Meta(description="as the topic holds it")]
    interval: Annotated[int | None, Meta(description="length of the bar, ms")]
    age_ms: Annotated[int, Meta(description="since the brokers last answered")]
    unreadable: bool = False
    problem: str | None = None
    raw: Original | None = None
