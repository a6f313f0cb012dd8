"""Which lane holds which number of an output row and its bar, and the kernel that brings them there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.engine.addresses import i1_at, i8_at, put_i8
from worker.engine.bar import BAR
from worker.engine.elementary.float_bits import bits_of, from_bits
from worker.engine.encoding.lanes import AMOUNTS, ITEM, LANES, RATIOS
from worker.engine.kernel import kernel
from worker.engine.outcomes import TIMEFRAMES
from worker.engine.pipeline import OUTPUT
from worker.engine.rounding import decimals
from worker.engine.stages.decision.output import TOP

BAR_NUMBERS = ("open", "high", "low", "close", "volume")
# Lanes by their offset: ratios, amounts, integers.
DIRECTION_LANES, TOP_LANES = 0, len(TIMEFRAMES) * ITEM
SCORE_LANE = TOP_LANES + TOP * ITEM
BAR_LANES = RATIOS
AGE_LANES = AMOUNTS
SIDE_LANE = AGE_LANES + len(TIMEFRAMES) * ITEM


def offset(path: str, dtype: np.dtype[np.void] = OUTPUT) -> int:
    """Byte offset of a nested field."""
    total = 0
    for name in path.split("."):
        assert dtype.fields is not None
        dtype, at = dtype.fields[name][:2]
        total += at
    return total


FIRST_BAR = offset(BAR_NUMBERS[0], BAR)  # the others follow it
SCORE, SIDE = offset("validation.score"), offset("decision.side")
WHICH, CONTRIBUTIONS = offset("decision.top"), offset("decision.contributions")


class Numbers:
    """Gives lanes to numbers of output rows; those of lists and of the bar have theirs."""

    def __init__(self) -> None:
        self._ratio, self._amount = SCORE_LANE + ITEM, BAR_LANES + len(BAR_NUMBERS) * ITEM
        self._integer = SIDE_LANE + ITEM
        self._places: dict[int, int] = {}  # lane of each offset
        for k in range(0, len(TIMEFRAMES) * ITEM, ITEM):
            self._places[offset("timeframes.direction") + k] = DIRECTION_LANES + k
            self._places[offset("timeframes.age_ms") + k] = AGE_LANES + k

    def ratio(self, at: int) -> int:
        """The lane of a float64 at this offset that is usually below 10."""
        lane, self._ratio = self._ratio, self._ratio + ITEM
        return self._take(at, lane, RATIOS)

    def amount(self, at: int) -> int:
        """The lane of any float64 at this offset."""
        lane, self._amount = self._amount, self._amount + ITEM
        return self._take(at, lane, AMOUNTS)

    def integer(self, at: int) -> int:
        """The lane of an int64 at this offset; it may be asked for more than once."""
        if at in self._places:
            return self._places[at]
        lane, self._integer = self._integer, self._integer + ITEM
        return self._take(at, lane, LANES)

    def _take(self, at: int, lane: int, end: int) -> int:
        if lane >= end:
            raise ValueError("a decision has more numbers than lanes")
        self._places[at] = lane
        return lane

    @property
    def places(self) -> NDArray[np.int64]:
        """Rows of (lane, offset in an output row)."""
        return np.array([(lane, at) for at, lane in self._places.items()], np.int64)


@kernel
def load_lanes(lanes, places, end, out, bar):  # type: ignore[no-untyped-def]
    """Bring the numbers of the row at `out` and of its bar; `places` to `end` are the rows of `Numbers.places`."""
    for place in range(places, end, 2 * ITEM):
        put_i8(lanes, i8_at(place, 0), i8_at(out, i8_at(place, ITEM)))
    for k in range(0, len(BAR_NUMBERS) * ITEM, ITEM):
        put_i8(lanes + BAR_LANES, k, i8_at(bar + FIRST_BAR, k))
    for k in range(TOP):
        which = max(i1_at(out + WHICH, k), 0)
        put_i8(lanes + TOP_LANES, k * ITEM, i8_at(out + CONTRIBUTIONS, which * ITEM))
    put_i8(lanes, SCORE_LANE, bits_of(decimals(from_bits(i8_at(out, SCORE)), 6)))
    put_i8(lanes, SIDE_LANE, i1_at(out, SIDE))
