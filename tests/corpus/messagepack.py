"""MessagePack: valid, cut, deep, with floats that JSON cannot say and with extension types."""

from __future__ import annotations

import struct

import msgspec

from tests.corpus.case import fields, made

MALFORMED = "malformed_record"
NAN, INF = float("nan"), float("inf")
BAR = msgspec.msgpack.encode(fields())
FRAME = b"\x00\x00\x00\x00\x07"


def _with(name: str, raw: bytes) -> bytes:
    """The bar as a map whose field `name` holds the MessagePack bytes `raw`."""
    pairs = [
        msgspec.msgpack.encode(field) + (raw if field == name else msgspec.msgpack.encode(value))
        for field, value in (fields() | {name: None}).items()
    ]
    return bytes([0x80 | len(pairs)]) + b"".join(pairs)


def _map(size: bytes) -> bytes:
    return size + BAR[1:]


WHOLE = [
    made("msgpack bar", BAR, None),
    made("msgpack bar behind a schema-registry frame", FRAME + BAR, None),
    made("msgpack bar as map 16", _map(b"\xde\x00\x07"), None),
    made("msgpack bar as map 32", _map(b"\xdf\x00\x00\x00\x07"), None),
    made("msgpack bar with float 32", _with("open", b"\xca" + struct.pack(">f", 100.0)), None),
    made("msgpack bar with an integer price", _with("open", b"\x64"), None),
    made("msgpack bar with unknown fields", msgspec.msgpack.encode(fields(note=[1, {"a": b"x"}])), None),
    made("msgpack bar with an ext in an unknown field", _with("x", b"\xc7\x03\x05abc"), None),
    made("msgpack bar with a timestamp ext in an unknown field", _with("x", b"\xd6\xff\x00\x00\x00\x01"), None),
    made("msgpack unused type byte in an unknown field", _with("x", b"\xc1"), MALFORMED),
]
BROKEN = [
    *(made(f"msgpack cut at {at}", BAR[:at], MALFORMED) for at in (1, 5, len(BAR) // 2, len(BAR) - 1)),
    made("msgpack trailing byte", BAR + b"\x00", MALFORMED),
    made("msgpack empty map", b"\x80", "missing_field"),
    made("msgpack map that says 2^32-1 pairs", b"\xdf\xff\xff\xff\xff", MALFORMED),
    made("msgpack map 32 cut in its size", b"\xdf\xff", MALFORMED),
    made("msgpack string longer than the value", b"\x81\xdb\xff\xff\xff\xffa", MALFORMED),
    made("msgpack array", msgspec.msgpack.encode(list(fields().values())), MALFORMED),
    made("msgpack nil", b"\xc0", MALFORMED),
    made("msgpack integer keys", msgspec.msgpack.encode({1: 2}), MALFORMED),
    made("msgpack symbol as bytes", _with("symbol", b"\xc4\x06CORPUS"), MALFORMED),
    made("msgpack symbol bad utf-8", _with("symbol", b"\xa3\xff\xfe\xfd"), MALFORMED),
    made("msgpack ts as a timestamp ext", _with("ts", b"\xd6\xff\x00\x00\x00\x01"), MALFORMED),
    made("msgpack ts as a float", _with("ts", msgspec.msgpack.encode(1.7e12)), MALFORMED),
    made("msgpack ts 2^64-1", _with("ts", b"\xcf" + b"\xff" * 8), MALFORMED),
    made("msgpack price as an ext", _with("open", b"\xd4\x01\x00"), MALFORMED),
    made("msgpack price as a string", _with("open", b"\xa3100"), MALFORMED),
]
FLOATS = [
    *(
        made(f"msgpack {name} {value}", msgspec.msgpack.encode(fields(**{name: value})), "non_finite")
        for name in ("open", "high", "low", "close", "volume")
        for value in (NAN, INF, -INF)
    ),
    made("msgpack float 32 NaN", _with("close", b"\xca\x7f\xc0\x00\x00"), "non_finite"),
    made("msgpack signalling NaN", _with("close", b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x01"), "non_finite"),
]
DEEP = [
    made("msgpack nested 64 deep", _with("x", b"\x91" * 63 + b"\xda\x01\x00" + b"a" * 256), None),
    made("msgpack nested 65 deep", _with("x", b"\x91" * 65 + b"\xda\x01\x00" + b"a" * 256), MALFORMED),
    made("msgpack nested 2,000 deep", _with("x", b"\x91" * 2_000 + b"\xc0"), MALFORMED),
    made("msgpack nested 100,000 deep", _with("x", b"\x91" * 100_000 + b"\xc0"), MALFORMED),
    made("msgpack arrays 16 nested 2,000 deep", _with("x", b"\xdc\x00\x01" * 2_000 + b"\xc0"), MALFORMED),
    made("msgpack maps nested 2,000 deep", _with("x", b"\x81\xa1a" * 2_000 + b"\xc0"), MALFORMED),
    made("msgpack maps nested in their keys", b"\x81" * 2_000 + b"\xc0" * 2_001, MALFORMED),
    made("msgpack deep and cut", BAR[:-9] + b"\x91" * 2_000, MALFORMED),
    made("msgpack 5,000 flat arrays", msgspec.msgpack.encode(fields(note=[[]] * 5_000)), None),
    made("msgpack bytes that look deep", msgspec.msgpack.encode(fields(note=b"\x91" * 5_000)), None),
    made("msgpack ext that looks deep", _with("x", b"\xc8\x07\xd0\x05" + b"\x91" * 2_000), None),
]

CASES = [*WHOLE, *BROKEN, *FLOATS, *DEEP]
