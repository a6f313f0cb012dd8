"""Bodies, shadows and the averages that patterns compare them with (TA-Lib's candle settings), kept per bar."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded

BARS = 10  # before a bar, over which bodies, ranges and shadows are averaged
NEAR_BARS = 5
WINDOW = 16  # bars; a power of two, so that the index is a mask
KEPT = 8  # bars; patterns look back at most 4
TENTH = 0.1
NEAR = 0.2
FAR = 0.6
EQUAL = 0.05

SHAPE = np.dtype(
    [
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("top", "f8"),  # top = max(o, c)
        ("bottom", "f8"),  # bot = min(o, c)
        ("body", "f8"),  # B = |c-o|
        ("upper", "f8"),  # U = h - top
        ("lower", "f8"),  # D = bot - l
        ("colour", "i8"),  # +1 (white) for c >= o, else -1 (black)
        ("body_mean", "f8"),  # L = S: mean body of the 10 bars before
        ("range_tenth", "f8"),  # J = V: a tenth of the mean high-low range of the 10 bars before
        ("shadow_mean", "f8"),  # SS: half the mean of U+D of the 10 bars before
        ("range_mean", "f8"),  # mean range of the 5 bars before: N, F, E are 0.2, 0.6, 0.05 of it
    ],
    align=True,
)
STATE = np.dtype(
    [
        ("count", "i8"),
        ("bodies", "f8", (WINDOW,)),
        ("ranges", "f8", (WINDOW,)),
        ("shadows", "f8", (WINDOW,)),
        ("rows", SHAPE, (KEPT,)),
    ],
    align=True,
)


@embedded
def at(shapes: Any, age: int) -> Any:
    """Return the shape of the bar `age` bars ago, 0 = the current one. `age` < KEPT."""
    return shapes.rows[(shapes.count - 1 - age) & (KEPT - 1)]


@embedded
def _average(shapes: Any, shape: Any) -> None:
    """Compute the averages by fresh sums, oldest to newest: TA-Lib's running sums keep rounding errors of old bars."""
    bodies = ranges = shadows = near = 0.0
    for age in range(BARS, 0, -1):
        slot = (shapes.count - age) & (WINDOW - 1)
        bodies += shapes.bodies[slot]
        ranges += shapes.ranges[slot]
        shadows += shapes.shadows[slot]
    for age in range(NEAR_BARS, 0, -1):
        near += shapes.ranges[(shapes.count - age) & (WINDOW - 1)]
    shape.body_mean = bodies / BARS
    shape.range_tenth = TENTH * (ranges / BARS)
    shape.shadow_mean = shadows / BARS / 2.0
    shape.range_mean = near / NEAR_BARS


@embedded
def push(shapes: Any, row: Any) -> None:
    """Append the bar `row`: its shape and the averages of the bars before it, valid from ten bars on."""
    shape = shapes.rows[shapes.count & (KEPT - 1)]
    white = row.close >= row.open
    shape.open = row.open
    shape.high = row.high
    shape.low = row.low
    shape.close = row.close
    shape.top = row.close if white else row.open
    shape.bottom = row.open if white else row.close
    shape.body = abs(row.close - row.open)
    shape.upper = row.high - shape.top
    shape.lower = shape.bottom - row.low
    shape.colour = 1 if white else -1
    _average(shapes, shape)
    slot = shapes.count & (WINDOW - 1)
    shapes.bodies[slot] = shape.body
    shapes.ranges[slot] = row.high - row.low
    shapes.shadows[slot] = shape.upper + shape.lower
    shapes.count += 1


@embedded
def inside(inner: Any, outer: Any) -> bool:
    """Return whether the body of `inner` lies in that of `outer` without touching its ends."""
    within: bool = inner.top < outer.top and inner.bottom > outer.bottom
    return within


@embedded
def gap_up(later: Any, earlier: Any) -> bool:
    """Return whether the body of `later` lies wholly above that of `earlier`."""
    above: bool = later.bottom > earlier.top
    return above


@embedded
def gap_down(later: Any, earlier: Any) -> bool:
    """Return whether the body of `later` lies wholly below that of `earlier`."""
    below: bool = later.top < earlier.bottom
    return below


@embedded
def same_close(later: Any, earlier: Any) -> bool:
    """Return whether the closes differ by at most Equal of the earlier bar."""
    slack = EQUAL * earlier.range_mean
    same: bool = earlier.close - slack <= later.close <= earlier.close + slack
    return same
