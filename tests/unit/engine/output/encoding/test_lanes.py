"""Numbers written side by side are what msgspec writes of each."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.examples import drawn
from worker.engine.intrinsics.addresses import address_of
from worker.engine.kernel import kernel
from worker.engine.output.encoding.digit_vectors import COUNTS, to_digits
from worker.engine.output.encoding.lanes import AMOUNTS, ITEM, LANES, RATIOS, new_lanes, put_lane, write_lanes

GAP = 32
BUFFER, LENGTHS = np.zeros(LANES // ITEM * GAP, np.uint8), np.zeros(LANES // ITEM, np.int64)
FLOATS = AMOUNTS // ITEM
ODD = [0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 1e-5, -1e-5, 9.99999e-6, 1e-6, 1e-7, 5e-324, 1 / 3, 9.999999, 10.0]
ODD += [-9.999999, -10.0, 9999999.999999, 1e7, -9999999.999999, -1e7, 123456789.5, 1e9, 1e15, 1e16, 1e300, 0.1, 100.01]
ROUNDED = st.builds(lambda x, places: round(x, places), st.floats(-1e8, 1e8), st.integers(0, 6))
SHARES = st.builds(lambda x, places: round(x, places), st.floats(-11.0, 11.0), st.integers(0, 6))
ANY = st.one_of(ROUNDED, SHARES, st.floats())
INTEGERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-(10**7) - 1, 10**7 + 1), st.integers(-100, 100))


@kernel
def _write(buffer, lanes, lengths):  # type: ignore[no-untyped-def]
    write_lanes(address_of(lanes))
    for n in range(LANES // ITEM):
        at = address_of(buffer) + n * GAP
        lengths[n] = put_lane(at, address_of(lanes), n * ITEM) - at


def written(floats: list[float], integers: list[int]) -> list[bytes]:
    """The text of each lane: as many floats as ratios and amounts take, then integers."""
    lanes = new_lanes()
    lanes[:AMOUNTS].view(np.float64)[: len(floats)] = floats
    lanes[AMOUNTS:LANES].view(np.int64)[: len(integers)] = integers
    _write(BUFFER, lanes, LENGTHS)
    texts = [BUFFER[n * GAP : n * GAP + size].tobytes() for n, size in enumerate(LENGTHS.tolist())]
    return texts[: len(floats)] + texts[FLOATS : FLOATS + len(integers)]


def wanted(floats: list[float], integers: list[int]) -> list[bytes]:
    return [msgspec.json.encode(x) for x in [*floats, *integers]]


@pytest.mark.parametrize("first", range(len(ODD)))
def test_odd_floats_in_every_lane(first: int) -> None:
    floats = [ODD[(first + n) % len(ODD)] for n in range(FLOATS)]
    assert written(floats, []) == wanted(floats, [])


@given(st.lists(ANY, min_size=FLOATS, max_size=FLOATS), st.lists(INTEGERS, max_size=16))
@settings(max_examples=drawn(40, 300))
def test_any_numbers(floats: list[float], integers: list[int]) -> None:
    assert written(floats, integers) == wanted(floats, integers)


def test_every_size_of_integers() -> None:
    for k in range(19):
        integers = [sign * (10**k + d) for sign in (1, -1) for d in (-1, 0, 1)] + [2**63 - 1, -(2**63), 0]
        assert written([], integers) == wanted([], integers)


def test_lanes_are_of_three_kinds() -> None:
    assert 0 < RATIOS < AMOUNTS < LANES
    for end in (RATIOS, AMOUNTS, LANES):
        assert end % (ITEM * COUNTS) == 0


@kernel
def _spread(counts):  # type: ignore[no-untyped-def]
    for at in range(0, counts.size, COUNTS):
        to_digits(address_of(counts) + at * ITEM)


def digits_of(counts: NDArray[np.uint64]) -> NDArray[np.uint8]:
    spread = counts.copy()
    _spread(spread)
    return spread.view(np.uint8).reshape(-1, 8)


def test_digits_of_counts() -> None:
    edges = [10**k + d for k in range(8) for d in (-1, 0, 1)] + [10**8 - 1, 99_990_000, 9_999, 10_000]
    counts = np.concatenate([np.arange(20_000), np.arange(0, 10**8, 9_973), np.array(edges)]).astype(np.uint64)
    counts = counts[: counts.size // COUNTS * COUNTS]
    powers = 10 ** np.arange(7, -1, -1, dtype=np.uint64)
    assert np.array_equal(digits_of(counts), counts[:, None] // powers % np.uint64(10))
