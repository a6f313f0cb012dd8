"""Varints are aiokafka's, and sizes stand before what they count whatever room they need."""

from __future__ import annotations

import numpy as np
import pytest
from aiokafka.record.util import encode_varint

from worker.wire.plain import varint
from worker.wire.records import USUAL, put_sized
from worker.wire.varint import put_varint, read_varint, size_of_varint

VALUES = [0, -1, 1, 63, 64, -64, -65, 8191, 8192, 2**31, -(2**31), 2**62, 2**63 - 1, -(2**63)]


def theirs(value: int) -> bytes:
    out = bytearray()
    encode_varint(value, out.append)
    return bytes(out)


@pytest.mark.parametrize("value", [*VALUES, *(sign << n for n in range(62) for sign in (1, -1))])
def test_written_and_read_as_aiokafka_does(value: int) -> None:
    data = theirs(value)
    assert varint(value) == data
    assert size_of_varint(value) == len(data)
    around = np.frombuffer(b"\xff" + data + b"\xff", np.uint8)
    assert read_varint(around.ctypes.data, 1) == (value, len(data) + 1)
    out = np.zeros(12, np.uint8)
    assert out[: put_varint(out.ctypes.data, value) - out.ctypes.data].tobytes() == data


@pytest.mark.parametrize("size", [0, 1, 63, 64, 8191, 8192, 1_048_576])
def test_a_size_stands_before_what_it_counts(size: int) -> None:
    text = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    buffer = np.zeros(size + 20, np.uint8)
    buffer[7 + USUAL : 7 + USUAL + size] = text
    end = put_sized(buffer.ctypes.data + 7, size) - buffer.ctypes.data
    assert buffer[7:end].tobytes() == theirs(size) + text.tobytes()
