"""The indicators of a batch: one compiled kernel for every strategy, over bars and closed buckets of longer ones."""

from __future__ import annotations

import math
from typing import Any

from worker.engine.kernel import embedded, kernel
from worker.engine.stages.timeframes.bucket import start_of
from worker.engine.strategy.indicators.advance import advance
from worker.engine.strategy.plan import BARS, BLOCK, COUNT, END, FITS, PRICES
from worker.engine.windows.moments import block

OPEN, HIGH, LOW, CLOSE, VOLUME = range(5)  # places in the forming bucket and in a timeframe's columns


@kernel
def _close(m: Any, nodes: Any, timeframe: Any, ts: int, length: int, prices: Any) -> None:
    """Advance the indicators of a timeframe by a bar of it that has closed; `prices` = open to volume."""
    head = timeframe.head
    n = int(m[head + COUNT]) + 1
    before = int(m[head + BLOCK])
    now = block(ts, length, before)
    m[head + COUNT], m[head + BLOCK] = n, now
    for i in range(5):
        place = timeframe.columns[i]
        if place.at >= 0:
            m[place.at + ((n - 1) & place.mask)] = prices[i]
    for j in range(timeframe.first, timeframe.last):
        advance(nodes[j], m, n, now != before)


@embedded
def _close_bucket(m: Any, nodes: Any, timeframe: Any) -> None:
    head, length = timeframe.head, timeframe.length
    at = head + PRICES
    prices = (m[at], m[at + HIGH], m[at + LOW], m[at + CLOSE], m[at + VOLUME])
    m[head + BARS] = 0.0
    _close(m, nodes, timeframe, int(m[head + END]) - length, length, prices)


@embedded
def _belongs(m: Any, head: int, ts: int, length: int) -> bool:
    # As in the timeframes stage: a closed bucket never opens again.
    if m[head + BARS] == 0.0 and m[head + COUNT] == 0.0:
        return False
    end = int(m[head + END])
    return end - length <= ts < end


@embedded
def _fits(m: Any, head: int, length: int, interval_ms: int) -> Any:
    if m[head + FITS] == 0.0:
        m[head + FITS] = 1.0 if length >= interval_ms and length % interval_ms == 0 else -1.0
    return m[head + FITS] > 0.0


@embedded
def _extend(m: Any, head: int, prices: Any) -> None:
    at, first = head + PRICES, m[head + BARS] == 0.0
    m[head + BARS] += 1.0
    m[at + OPEN] = prices[OPEN] if first else m[at + OPEN]
    m[at + HIGH] = prices[HIGH] if first else max(m[at + HIGH], prices[HIGH])
    m[at + LOW] = prices[LOW] if first else min(m[at + LOW], prices[LOW])
    m[at + CLOSE] = prices[CLOSE]
    m[at + VOLUME] = prices[VOLUME] if first else m[at + VOLUME] + prices[VOLUME]


@embedded
def _collect(m: Any, nodes: Any, timeframe: Any, bar: Any, offset: int, prices: Any) -> None:
    """Add a bar to the bucket of a longer timeframe; close buckets by the bars' own time (domain §6)."""
    head, length = timeframe.head, timeframe.length
    if not _fits(m, head, length, bar.interval_ms):
        return
    if not _belongs(m, head, bar.ts, length):
        if m[head + BARS] > 0.0:
            _close_bucket(m, nodes, timeframe)
        m[head + END] = start_of(bar.ts, offset, length) + length
        _extend(m, head, prices)
    elif m[head + BARS] > 0.0:
        _extend(m, head, prices)
    if m[head + BARS] > 0.0 and bar.ts + bar.interval_ms >= int(m[head + END]):
        _close_bucket(m, nodes, timeframe)


@embedded
def _read(m: Any, outputs: Any, into: Any) -> None:
    for j in range(outputs.size):
        output = outputs[j]
        n = int(m[output.head + COUNT])
        into[j] = m[output.value.at + ((n - 1) & output.value.mask)] if n > 0 else math.nan


@kernel
def observe(
    order: Any,
    slots: Any,
    instruments: Any,
    bars: Any,
    outs: Any,
    memory: Any,
    words: int,
    nodes: Any,
    timeframes: Any,
    outputs: Any,
    values: Any,
    was: Any,
) -> None:
    """Write the indicators at each accepted bar, in `order`, and at the bar of the symbol before; NaN elsewhere.

    `memory` (frames, `words` or more) and `instruments` are by frame, as `slots` are; all zero has seen no bar.
    """
    for i in range(order.size):
        row = order[i]
        slot, bar, judged = slots[row], bars[row], outs[row].validation
        if slot < 0 or not judged.accepted:
            values[row, :] = math.nan
            was[row, :] = math.nan
            continue
        m = memory[slot]
        if judged.shift:
            m[:words] = 0.0  # what follows is not the plan's
        _read(m, outputs, was[row])
        prices = (bar.open, judged.high, judged.low, bar.close, bar.volume)
        _close(m, nodes, timeframes[0], bar.ts, bar.interval_ms, prices)
        for k in range(1, timeframes.size):
            _collect(m, nodes, timeframes[k], bar, instruments[slot].session_offset_ms, prices)
        _read(m, outputs, values[row])
