"""The lane of each number of an output row and its bar, and the kernel that loads them."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

import numpy as np

from worker.engine.bar import BAR
from worker.engine.elementary.float_bits import bits_of, from_bits
from worker.engine.intrinsics.addresses import BLOCK, copy_block, fetch, i1_at, i8_at, put_i8
from worker.engine.intrinsics.memory import LINE
from worker.engine.kernel import inlined, kernel
from worker.engine.output.encoding.lanes import AMOUNTS, ITEM, LANES, RATIOS
from worker.engine.output.outcomes import TIMEFRAMES
from worker.engine.pipeline import OUTPUT
from worker.engine.rounding import decimals
from worker.engine.stages.decision.output import RISK_FIELDS, TOP


def offset(path: str, dtype: np.dtype[np.void] = OUTPUT) -> int:
    """Return the byte offset of a nested field."""
    total = 0
    for name in path.split("."):
        assert dtype.fields is not None
        dtype, at = dtype.fields[name][:2]
        total += at
    return total


class Run(NamedTuple):
    """Adjacent numbers of an output row or a bar, and of the lanes from the offset `lane` on."""

    lane: int
    at: int
    size: int  # bytes

    @property
    def end(self) -> int:
        """The lane after them."""
        return self.lane + self.size


def _runs(first: int, *members: tuple[str, int], row: np.dtype[np.void] = OUTPUT) -> list[Run]:
    lanes = accumulate((count * ITEM for _, count in members), initial=first)
    return [Run(lane, offset(path, row), count * ITEM) for lane, (path, count) in zip(lanes, members, strict=False)]


FRAMES = len(TIMEFRAMES)
BAR_NUMBERS = ("open", "high", "low", "close", "volume")
SCORES, DIRECTIONS, FORECASTS = _runs(
    0, ("decision.score", 8 + len(RISK_FIELDS)), ("timeframes.direction", FRAMES), ("decision.anomaly_d2", 3)
)
TOP_LANES = FORECASTS.end
SCORE_LANE = TOP_LANES + TOP * ITEM
(PRICES,) = _runs(RATIOS, ("open", len(BAR_NUMBERS)), row=BAR)
ORDER, POSITION = _runs(PRICES.end, ("decision.qty", 5), ("decision.position.qty", 6))
AGES, VERSIONS, SEQUENCE, HELD, REGIME_AGE, MASK = _runs(
    AMOUNTS, ("timeframes.age_ms", FRAMES), ("decision.control_version", 2), ("decision.sequence", 1),
    ("decision.position.bars_held", 1), ("regime.age", 1), ("validation.mask", 1),
)  # fmt: skip
SIDE_LANE = MASK.end
assert SCORE_LANE < RATIOS
assert POSITION.end <= AMOUNTS
assert SIDE_LANE < LANES

SCORE, SIDE = offset("validation.score"), offset("decision.side")
WHICH, CONTRIBUTIONS = offset("decision.top"), offset("decision.contributions")
# The parts read from an output row.
JUDGED_END, SHAPES_AT, SHAPES_END = offset("validation.level"), offset("patterns.candles"), offset("model.status")
DECIDED_AT, DECIDED_END = offset("decision.sequence"), offset("said")


def lane_of(path: str) -> int:
    """Return the lane of a member of output rows."""
    runs = (SCORES, DIRECTIONS, FORECASTS, ORDER, POSITION, AGES, VERSIONS, SEQUENCE, HELD, REGIME_AGE, MASK)
    at = offset(path)
    return next(run.lane + at - run.at for run in runs if run.at <= at < run.at + run.size)


@inlined
def _bring(lanes, run, row):  # type: ignore[no-untyped-def]
    to, source, whole = lanes + run[0], row + run[1], run[2] // BLOCK * BLOCK
    for k in range(0, whole, BLOCK):
        copy_block(to + k, source + k)
    for k in range(whole, run[2], ITEM):
        put_i8(to, k, i8_at(source, k))


@kernel
def load_lanes(lanes, out, bar):  # type: ignore[no-untyped-def]
    """Load the numbers of the output row at `out` and of its BAR at `bar`."""
    _bring(lanes, SCORES, out)
    _bring(lanes, DIRECTIONS, out)
    _bring(lanes, FORECASTS, out)
    for k in range(TOP):
        which = max(i1_at(out + WHICH, k), 0)
        put_i8(lanes + TOP_LANES, k * ITEM, i8_at(out + CONTRIBUTIONS, which * ITEM))
    put_i8(lanes, SCORE_LANE, bits_of(decimals(from_bits(i8_at(out, SCORE)), 6)))
    _bring(lanes, PRICES, bar)
    _bring(lanes, ORDER, out)
    _bring(lanes, POSITION, out)
    _bring(lanes, AGES, out)
    _bring(lanes, VERSIONS, out)
    _bring(lanes, SEQUENCE, out)
    _bring(lanes, HELD, out)
    _bring(lanes, REGIME_AGE, out)
    _bring(lanes, MASK, out)
    put_i8(lanes, SIDE_LANE, i1_at(out, SIDE))


@inlined
def fetch_out(out):  # type: ignore[no-untyped-def]
    """Prefetch the parts of an output row that are read."""
    for at in range(0, JUDGED_END, LINE):
        fetch(out + at)
    for at in range(SHAPES_AT, SHAPES_END, LINE):
        fetch(out + at)
    for at in range(DECIDED_AT, DECIDED_END, LINE):
        fetch(out + at)
