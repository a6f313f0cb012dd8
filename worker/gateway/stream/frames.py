"""Bytes of server-sent events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from worker.gateway.log.entry import Entry

HEARTBEAT = b":\n"  # a comment; a blank line ends the block
encoded = msgspec.json.Encoder().encode
_check = msgspec.json.Decoder(msgspec.Raw).decode


def event(name: str, place: bytes | None, data: bytes) -> bytes:
    """Return one event; `place` is its id, `data` JSON on one line."""
    if place is None:
        return b"event: %b\ndata: %b\n\n" % (name.encode(), data)
    return b"event: %b\nid: %b\ndata: %b\n\n" % (name.encode(), place, data)


def told(name: str, place: bytes | None, content: Any) -> bytes:
    """Return an event whose data are the JSON of `content`."""
    return event(name, place, encoded(content))


def passed(place: bytes) -> bytes:
    """Return a heartbeat that moves the client's last id without an event."""
    return b"%bid: %b\n\n" % (HEARTBEAT, place)


def record(entry: Entry, value: bytes | None) -> bytes:
    """Return the data of one record with `value` as its value: JSON on one line, whatever the topic holds."""
    key = b"null" if entry.key is None else encoded(entry.key.decode("utf-8", "replace"))
    head = b'{"partition":%d,"offset":%d,"timestamp":%d,"key":%b,"value":' % (*entry[:3], key)
    if value is None:
        return b"%bnull}" % head
    line = one_line(value)
    return b'%bnull,"unreadable":true}' % head if line is None else b"%b%b}" % (head, line)


def one_line(value: bytes) -> bytes | None:
    """Return JSON text on one line; None where it is no JSON.

    A line break in valid JSON stands between its tokens only, so a space may stand there as well.
    """
    try:
        _check(value)
        if not value.isascii():
            value.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if b"\n" in value or b"\r" in value:
        return value.replace(b"\n", b" ").replace(b"\r", b" ")
    return value


def items(records: Iterable[bytes]) -> bytes:
    """Return the data of an event with several records."""
    return b'{"items":[%b]}' % b",".join(records)
