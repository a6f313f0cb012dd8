"""The stage's step: every timeframe longer than the symbol's bars, then their fusion."""

from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.timeframes.bucket import extend
from worker.engine.stages.timeframes.frame import FRAME, belongs, close_bucket, open_bucket
from worker.engine.stages.timeframes.fusion import direction, fuse
from worker.engine.stages.timeframes.settings import LENGTHS

COUNT = len(LENGTHS)

STATE = np.dtype(
    [
        ("interval_ms", "i8"),  # of the symbol's bars, 0 = none yet
        ("first", "i8"),  # the shortest timeframe in use
        ("frames", FRAME, (COUNT,)),
    ],
    align=True,
)
OUTPUT = np.dtype(
    [
        ("mtf", "f8"),  # weighted mean of the directions, [-1, 1]
        ("agreement", "f8"),  # [0, 1]
        ("first", "i1"),  # timeframes [first, end) have closed a bucket; of their last closed one:
        ("end", "i1"),
        ("direction", "f8", (COUNT,)),  # 6 decimals, NaN until warm
        ("age_ms", "i8", (COUNT,)),  # from its end to this bar's close
        ("partial", "u1", (COUNT,)),  # 0 or 1
        ("regime", "u1", (COUNT,)),
    ],
    align=True,
)


@embedded
def first_active(interval_ms: int) -> int:
    """Return the index of the shortest timeframe longer than the bars and a multiple of them; COUNT for none."""
    for k in range(COUNT):
        if LENGTHS[k] > interval_ms and LENGTHS[k] % interval_ms == 0:
            return k
    return COUNT


@embedded
def _show(shown: Any, k: int, frame: Any, now: int) -> None:
    shown.direction[k] = frame.published
    shown.age_ms[k] = max(now - frame.closed.start - LENGTHS[k], 0)
    shown.partial[k] = frame.partial
    shown.regime[k] = frame.regime.code
    shown.end = k + 1


@embedded
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any, thresholds: Any, calendars: Any) -> None:
    """Advance the timeframes of one symbol by its current bar; read `out.features`.

    A bar of another bucket first closes the forming one; a bar that reaches the bucket's end closes it at once.
    Bars for a closed bucket are skipped: a closed bucket never opens again. `thresholds` are the
    regime stage's parameters, `calendars` the table of validation.
    """
    own, shown = state.timeframes, out.timeframes
    interval_ms = bar.interval_ms
    if own.interval_ms != interval_ms:
        own.interval_ms = interval_ms
        own.first = first_active(interval_ms)
    row = at(state.history, 0)
    now = row.ts + interval_ms
    shown.first = shown.end = own.first
    for k in range(own.first, COUNT):
        frame, length = own.frames[k], LENGTHS[k]
        if not belongs(frame, row.ts, length):
            if frame.forming.bars > 0:
                close_bucket(frame, interval_ms, length, inst, calendars, p, thresholds)
            open_bucket(frame, row, inst.session_offset_ms, length)
        elif frame.forming.bars > 0:
            extend(frame.forming, row)
        if frame.forming.bars > 0 and now >= frame.end:
            close_bucket(frame, interval_ms, length, inst, calendars, p, thresholds)
        if frame.closed.bars > 0:
            _show(shown, k, frame, now)
    shown.mtf, shown.agreement = fuse(direction(out.features, p.full_adx), own.frames, own.first, p.weights)
