"""Numbers are written as msgspec writes them."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import drawn
from worker.engine.kernel import kernel
from worker.engine.output.encoding.digits import size_of_count
from worker.engine.output.encoding.numbers import put_any_float, put_float, put_int
from worker.engine.rounding import decimals, significant

BUFFER = np.zeros(128, np.uint8)
INT64 = st.integers(-(2**63), 2**63 - 1)


@kernel
def _write(at, x, n):  # type: ignore[no-untyped-def]
    return put_float(at, x) - at, put_int(at + 32, n) - at, put_any_float(at + 64, x) - at


def written(x: float, n: int = 0) -> tuple[bytes, bytes]:
    """The text of a float, which both ways give, and of an integer."""
    end, int_end, other_end = _write(BUFFER.ctypes.data, x, n)
    assert BUFFER[64:other_end].tobytes() == BUFFER[:end].tobytes()
    return BUFFER[:end].tobytes(), BUFFER[32:int_end].tobytes()


@pytest.mark.parametrize("n", [0, 1, *(10**k + d for k in range(1, 19) for d in (-1, 0)), 2**63 - 1])
def test_digits_are_counted(n: int) -> None:
    assert size_of_count(n) == len(str(n))


@given(st.floats(), INT64)
@settings(max_examples=drawn(100, 600))
def test_any_number_is_written_as_msgspec_writes_it(x: float, n: int) -> None:
    assert written(x, n) == (msgspec.json.encode(x), str(n).encode())


@given(st.one_of(st.floats(-1e8, 1e8), st.floats(-1e-3, 1e-3)), st.integers(0, 6))
def test_what_was_rounded_to_decimals(x: float, places: int) -> None:
    rounded = decimals(x, places)
    assert written(rounded)[0] == msgspec.json.encode(rounded)


@given(st.floats(1e-9, 1e14), st.sampled_from([-1.0, 1.0]))
def test_what_was_rounded_to_ten_digits(size: float, sign: float) -> None:
    rounded = significant(sign * size, 10)
    assert written(rounded)[0] == msgspec.json.encode(rounded)


def test_bit_patterns_of_every_exponent() -> None:
    random = np.random.default_rng(2)
    exponents = np.repeat(np.arange(2047, dtype=np.uint64), 12)
    fractions = random.integers(0, 1 << 52, exponents.size, dtype=np.uint64)
    fractions[::12], fractions[1::12] = 0, (1 << 52) - 1
    for x in ((exponents << np.uint64(52)) | fractions).view(np.float64).tolist():
        assert written(x)[0] == msgspec.json.encode(x)


@pytest.mark.parametrize("digits", [1, 105, 123456789, 999999999999999, 12345678901234567])
def test_every_place_of_the_point(digits: int) -> None:
    for power in range(-30, 12):
        x = float(f"-{digits}e{power}")
        assert written(x)[0] == msgspec.json.encode(x)
