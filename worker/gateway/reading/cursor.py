"""Opaque cursors: where a search goes on, and in what."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec

from worker.gateway.log.topic_log import TopicLog
from worker.gateway.resources.problem import Refused

VERSION = 1
MOST = 3_000  # characters


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """A place in a topic: for each partition the next offset and the one to stop at."""

    version: int
    topic_id: str
    search: bytes
    nexts: list[int]
    stops: list[int]


def search_hash(*search: Any) -> bytes:
    """Return what tells one search from another."""
    return hashlib.blake2b(msgspec.msgpack.encode(search), digest_size=8).digest()


def write(log: TopicLog, search: bytes, nexts: list[int], stops: list[int]) -> str:
    """Return a cursor as text."""
    cursor = Cursor(VERSION, f"{log.topic_id:032x}", search, nexts, stops)
    return urlsafe_b64encode(msgspec.msgpack.encode(cursor)).rstrip(b"=").decode()


def read(text: str, log: TopicLog, search: bytes) -> Cursor:
    """Return the place that a cursor tells.

    Raises:
        Refused: it is none, of another search, or of a topic that was recreated.
    """
    try:
        cursor = msgspec.msgpack.decode(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)), type=Cursor)
    except (msgspec.DecodeError, ValueError) as error:
        raise _invalid("the cursor is none that this gateway made") from error
    if cursor.version != VERSION:
        raise _invalid("the cursor is of another version of the gateway")
    if cursor.topic_id != f"{log.topic_id:032x}":
        raise _invalid(f"the topic {log.name} was recreated since the cursor was made")
    if cursor.search != search:
        raise _invalid("the cursor belongs to another search: its filters and order must stay the same")
    sizes = {len(cursor.nexts), len(cursor.stops)}
    if sizes != {log.partitions} or any(not 0 <= at <= 2**62 for at in (*cursor.nexts, *cursor.stops)):
        raise _invalid("the cursor is none that this gateway made")
    return cursor


def _invalid(detail: str) -> Refused:
    return Refused(409, "invalid_cursor", detail, "Begin again without a cursor")
