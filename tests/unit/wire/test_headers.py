"""Sizes that lie are not believed: nothing outside an input record's headers gets into a decision's."""

from __future__ import annotations

import numpy as np
import pytest

from worker.engine.intrinsics.addresses import address_of
from worker.engine.kernel import kernel
from worker.wire.headers import headers, places_of, put_headers
from worker.wire.plain import varint

LAYOUT = headers([("a", b"b")], ("t", 0), b"kind", ["traceparent"])
NAME = varint(11) + b"traceparent"


@kernel
def _write(out, layout, data, size):  # type: ignore[no-untyped-def]
    at = address_of(out)
    return put_headers(at, places_of(layout), 1, 2, address_of(data), size, 3, 0) - at


@pytest.mark.parametrize(
    "text",
    [
        varint(1) + NAME + varint(1_000_000) + b"abc",
        varint(2**40) + NAME + varint(3) + b"abc",
        varint(1) + varint(-5) + b"traceparent",
        varint(1) + varint(2**62) + b"traceparent" + varint(3),
    ],
)
def test_nothing_is_read_beyond_the_headers(text: bytes) -> None:
    data = np.frombuffer(text + b"S" * 100, np.uint8)
    out = np.zeros(1_000, np.uint8)
    end = _write(out, LAYOUT, data, len(text))
    assert b"SS" not in out[:end].tobytes()
