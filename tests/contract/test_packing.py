"""Requests and answers have the bytes, and the values, that aiokafka's own way gives."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pkgutil import iter_modules
from typing import Any

import aiokafka.protocol
import pytest
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.struct import Struct
from aiokafka.protocol.types import Array, Boolean, Bytes, Float64, Int8, Int16, Int32, Int64, Schema, String, UInt32

from worker.kafka.seams.fast import packing

BITS = {Int8: 8, Int16: 16, Int32: 32, Int64: 64}
ROUNDS = 20


def structs() -> Iterator[type[Any]]:
    """Every struct of the client's protocol, and of ours."""
    for module in iter_modules(aiokafka.protocol.__path__):
        import_module(f"aiokafka.protocol.{module.name}")
    for name in ("transactions.requests", "transactions.features", "protocol.offsets", "protocol.metadata"):
        import_module(f"worker.kafka.{name}")
    left: list[type[Any]] = [Struct]
    seen = set[type[Any]]()
    while left:
        one = left.pop()
        left += [each for each in one.__subclasses__() if each not in seen]
        seen |= set(one.__subclasses__())
    plain = {one for one in seen if one.__dict__.get("SCHEMA") is not None and one.encode is Struct.encode}
    yield from sorted(plain - {Struct, RequestStruct, Response}, key=lambda one: (one.__module__, one.__name__))


def value(field: Any, dice: random.Random) -> Any:
    if isinstance(field, Schema):
        return tuple(value(inner, dice) for inner in field.fields)
    if isinstance(field, Array):
        many = 0.05 if isinstance(field.array_of, type) else 0.0  # so many that a compact length has two bytes
        size = 130 if dice.random() < many else dice.randrange(4)
        return None if dice.random() < 0.1 else [value(field.array_of, dice) for _ in range(size)]
    if isinstance(field, String):
        return None if dice.random() < 0.1 else dice.choice(("", "ticks", "é" * dice.randrange(90)))
    if field is Boolean:
        return dice.random() < 0.5
    if field is Float64:
        return dice.random()
    if field is UInt32:
        return dice.getrandbits(32)
    if field in BITS:
        return dice.getrandbits(BITS[field]) - (1 << (BITS[field] - 1))
    if field is Bytes or field.__name__ == "CompactBytes":
        return None if dice.random() < 0.1 else dice.randbytes(dice.randrange(300))
    return {} if field.__name__ == "TaggedFields" else dice.randrange(1 << 20)


STRUCTS = list(structs())


def test_there_are_structs_to_compare() -> None:
    names = {one.__name__ for one in STRUCTS}
    assert {"FetchRequest_v11", "FetchResponse_v11", "ProduceResponse_v7", "HeartbeatRequest_v1"} <= names
    assert len(STRUCTS) > 150


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}")
def test_bytes_and_values_are_those_of_the_client_library(kind: type[Any]) -> None:
    dice = random.Random(kind.__name__)
    for _ in range(ROUNDS):
        values = value(kind.SCHEMA, dice)
        try:
            wanted = kind.SCHEMA.encode(values)
        except (TypeError, ValueError, AttributeError):
            continue  # null where the library has none
        one = object.__new__(kind)
        one.__dict__.update(zip(kind.SCHEMA.names, values, strict=True))
        assert packing.encode(one) == wanted
        whole = b"header" + wanted + b"behind"
        ours, theirs = BytesIO(whole), BytesIO(whole)
        ours.seek(6)
        theirs.seek(6)
        wanted_values = kind.SCHEMA.decode(theirs)
        found, end = packing.taking(kind.SCHEMA)(whole, 6, ours)
        assert found == wanted_values
        assert end == theirs.tell()
        for size in {dice.randrange(len(wanted)) for _ in range(4)} if wanted else ():
            cut = wanted[:size]
            assert outcome(packing.decode, kind, cut) == outcome(packing._decode, kind, cut)


def outcome(way: Any, kind: type[Any], data: bytes) -> Any:
    """What a way of decoding finds, or the kind of error that it raises."""
    try:
        return way(kind, data).__dict__
    except Exception as error:
        return type(error)


def test_a_value_of_another_type_is_refused_as_before() -> None:
    kind = next(one for one in STRUCTS if one.__name__ == "HeartbeatRequest_v0")
    one = object.__new__(kind)
    one.__dict__.update(dict.fromkeys(kind.SCHEMA.names, "no number"))
    with pytest.raises(ValueError, match="convert"):
        packing.encode(one)


def test_a_patched_struct_is_packed_and_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("encode", "decode"):
        monkeypatch.setattr(Struct, name, Struct.__dict__[name])
    assert packing.install()
    kind = next(one for one in STRUCTS if one.__name__ == "FetchResponse_v11")
    values = value(kind.SCHEMA, random.Random(1))
    one = kind(*values)
    stream = BytesIO(b"head" + one.encode() + b"rest")
    stream.seek(4)
    assert kind.decode(stream) == one
    assert stream.read() == b"rest"
