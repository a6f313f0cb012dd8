"""Recordings: records as they lie in a topic, one JSON object a line, whatever their values hold.

`{"key": "AAPL", "value": "{…}", "ts": 1700003600000}`: the key and the value as text, or as `key_base64` and
`value_base64` where they are no UTF-8; null for what the record lacks; `ts` is its timestamp, epoch ms UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from worker.errors import DataError

SUFFIX = ".jsonl"


class Recorded(NamedTuple):
    """A record of any topic."""

    key: bytes | None
    value: bytes | None
    timestamp_ms: int


class _Line(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    ts: int
    key: str | None = None
    value: str | None = None
    key_base64: bytes | None = None  # msgspec writes bytes as base64
    value_base64: bytes | None = None


_decode = msgspec.json.Decoder(_Line).decode
_encode = msgspec.json.Encoder().encode


def read_recording(path: Path) -> Iterator[Recorded]:
    """Read the records of a file, in order.

    Raises:
        DataError: the file cannot be read, or a line is no record.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.isspace():
                    yield _read(line, path, number)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", "Give a readable file") from None


def _read(line: bytes, path: Path, number: int) -> Recorded:
    try:
        found = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fix = 'Each line is {"key": …, "value": …, "ts": …}'
        raise DataError(f"{path}, line {number} is no record: {error}", fix) from None
    return Recorded(_bytes(found.key, found.key_base64), _bytes(found.value, found.value_base64), found.ts)


def _bytes(text: str | None, raw: bytes | None) -> bytes | None:
    return raw if text is None else text.encode()


def write_recording(records: Iterable[tuple[bytes | None, bytes | None, int]], path: Path) -> int:
    """Write (key, value, timestamp) records, and return their number."""
    count = 0
    with path.open("wb") as file:
        for key, value, ts in records:
            line = _Line(ts)
            line.key, line.key_base64 = _text(key)
            line.value, line.value_base64 = _text(value)
            file.write(_encode(line) + b"\n")
            count += 1
    return count


def _text(raw: bytes | None) -> tuple[str | None, bytes | None]:
    try:
        return (None, None) if raw is None else (raw.decode(), None)
    except UnicodeDecodeError:
        return None, raw
