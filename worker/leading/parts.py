"""Values of a state that are larger than one record may be: in parts of their own, behind a record that counts them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

import msgspec

from worker.errors import ConfigError

PART = 262_144  # bytes of a record's value
LARGEST = PART + 16_384  # of the record, with its key and its headers, in a batch of its own
PREFIX = "part/"  # of the parts' keys: `part/<number>/<key>`
DAMAGED = b""  # in the place of a value that is not as it was written: no record of the state can be read from it
# No value of a state begins so: neither MessagePack nor the first number of a row, an offset, has these eight bytes.
_MARK = b"\xc1in parts"


class _Counted(msgspec.Struct, array_like=True):
    parts: int
    crc: int  # CRC-32 of the whole value


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Counted).decode


def refuse_small(topic: str, max_message_bytes: int) -> None:
    """Check that a state topic takes every part.

    Raises:
        ConfigError: its `max.message.bytes` is too small.
    """
    if max_message_bytes < LARGEST:
        raise ConfigError(
            f"max.message.bytes of {topic} is {max_message_bytes}, but a part of the state may take {LARGEST}",
            f"Set max.message.bytes={LARGEST} or more on {topic}",
        )


def split(key: str, value: bytes | None) -> Iterator[tuple[str, bytes | None]]:
    """Yield the records of one value, to be written in one transaction.

    Parts that a larger value had before stay in the topic, and nothing reads them.
    """
    if value is None or len(value) <= PART:
        yield key, value
        return
    parts = -(-len(value) // PART)
    for at in range(parts):
        yield _key(at, key), value[at * PART : (at + 1) * PART]
    yield key, _MARK + _encode(_Counted(parts, zlib.crc32(value)))


def joined(records: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the values by key, from the newest record of each key; `DAMAGED` where parts are not those written."""
    return {
        key: _whole(key, value, records) if value.startswith(_MARK) else value
        for key, value in records.items()
        if not key.startswith(PREFIX)
    }


def _whole(key: str, value: bytes, records: Mapping[str, bytes]) -> bytes:
    try:
        counted = _decode(value[len(_MARK) :])
    except msgspec.MsgspecError:
        return DAMAGED
    found = b"".join(records.get(_key(at, key), DAMAGED) for at in range(min(counted.parts, len(records))))
    return found if zlib.crc32(found) == counted.crc else DAMAGED


def _key(at: int, key: str) -> str:
    return f"{PREFIX}{at}/{key}"
