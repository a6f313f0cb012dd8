"""Rejections."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.rejection import Rejection
from worker.gateway.resources.page import LOOSE, Original, Scanned


class Payload(msgspec.Struct):
    """The original value of a rejected record."""

    text: Annotated[str | None, Meta(description="where it is text")]
    base64: Annotated[str | None, Meta(description="where it is none")]
    size: Annotated[int | None, Meta(description="bytes of the whole value; at most 64 KiB of it are here")]
    sha256: Annotated[str | None, Meta(description="of the whole value, where it is cut")]


class InputPlace(msgspec.Struct):
    """Where the rejected record lies."""

    topic: str
    partition: int
    offset: int


class RejectionItem(msgspec.Struct):
    """A rejection, and where it lies."""

    partition: int
    offset: int
    timestamp: Annotated[int, Meta(description="of the record, epoch ms UTC")]
    key: Annotated[str | None, Meta(description="what is no UTF-8 in it is replaced")]
    rejection: Annotated[
        Rejection | None, Meta(description="as the topic holds it, without its payload", extra_json_schema=LOOSE)
    ]
    input: InputPlace | None
    payload: Annotated[Payload | None, Meta(description="for the role operate; null for a tombstone")] = None
    unreadable: Annotated[bool, Meta(description="whether the record is no JSON object")] = False
    problem: Annotated[str | None, Meta(description="how it differs from what this gateway knows")] = None
    raw: Annotated[Original | None, Meta(description="of an unreadable record, for the role operate")] = None


class RejectionPage(msgspec.Struct):
    """Some rejections."""

    items: list[RejectionItem]
    cursor: Annotated[str | None, Meta(description="of the next page; null at the end")]
    complete: Annotated[bool, Meta(description="false: a budget ended before the page was full or the end was reached")]
    scanned: Scanned


class CodeCount(msgspec.Struct):
    """Rejections with a code; one may have several."""

    code: str
    text: str
    count: int


class PartitionCount(msgspec.Struct):
    """Outcomes of a partition."""

    partition: int
    rejected: int
    accepted: int


class SymbolCount(msgspec.Struct):
    """Rejections of a symbol."""

    symbol: str
    count: int


class MinuteSeries(msgspec.Struct):
    """Outcomes by minute, oldest first."""

    ts: list[int]
    rejected: list[int]
    accepted: list[int]
    by_code: Annotated[dict[str, list[int]], Meta(description="rejections with one of the eight most frequent codes")]


class RejectionSummary(msgspec.Struct):
    """What was rejected in the last minutes of event time, of what this gateway has read."""

    since: Annotated[int, Meta(description="epoch ms UTC")]
    total: Annotated[int, Meta(description="rejections")]
    accepted: int
    share: Annotated[float | None, Meta(description="of rejections; null without any record")]
    by_code: list[CodeCount]
    by_partition: list[PartitionCount]
    by_symbol: Annotated[list[SymbolCount], Meta(description="the 20 with most")]
    series: MinuteSeries
    sequence_gaps: Annotated[int, Meta(description="numbers of symbols' records without an outcome, since the start")]
    misplaced_keys: Annotated[int, Meta(description="symbols on another partition than murmur2's")]
