"""The lists of a decision: names, patterns, contributions and timeframes."""

from __future__ import annotations

import numpy as np

from worker.engine.addresses import i1_at, i8_at, u1_at, u8_at
from worker.engine.encoding.digits import put_int
from worker.engine.encoding.lanes import ITEM, put_lane
from worker.engine.encoding.layout import (
    CANDLE_FIELD,
    CANDLE_WORDS,
    CANDLES,
    COMPONENT_WORDS,
    EVENT_FIELD,
    EVENT_WORDS,
    EVENTS,
    FRAME_WORDS,
    REGIME_WORDS,
    TRUTH_WORDS,
)  # fmt: skip
from worker.engine.encoding.members import AGES, DIRECTIONS, TOP_LANES, WHICH, offset
from worker.engine.encoding.text import put_character, put_text
from worker.engine.kernel import inlined, kernel
from worker.engine.memory import trailing_zeros
from worker.engine.stages.decision.output import TOP

OPEN, CLOSE, COMMA = b"["[0], b"]"[0], b","[0]
ONE, WORD_BITS = np.uint64(1), np.uint64(64)
WORD_ROW = 16  # bytes
DIRECTION_LANES, AGE_LANES = DIRECTIONS.lane, AGES.lane
FIRST_FRAME, END_FRAME = offset("timeframes.first"), offset("timeframes.end")
PARTIAL, FRAME_REGIME = offset("timeframes.partial"), offset("timeframes.regime")
CANDLES_AT, CANDLE_COUNT = offset(f"patterns.{CANDLE_FIELD}"), len(CANDLES)
EVENTS_AT, EVENT_COUNT = offset(f"patterns.{EVENT_FIELD}"), len(EVENTS)


@inlined
def put_word_text(at, text, words, word):  # type: ignore[no-untyped-def]
    """The word of this number."""
    row = words + word * WORD_ROW
    return put_text(at, text + i8_at(row, 0), i8_at(row, 8))


@inlined
def _put_end(at):  # type: ignore[no-untyped-def]
    """The end of an element of a list, and a comma."""
    return put_character(put_character(at, CLOSE), COMMA)


@inlined
def _close(at, start):  # type: ignore[no-untyped-def]
    """End a list that was opened before `start`, in place of the comma behind its last element."""
    return put_character(at - 1 if at > start else at, CLOSE)


@kernel
def put_names(at, text, words, mask, base):  # type: ignore[no-untyped-def]
    """The words from `base` on whose bits are set."""
    at = start = put_character(at, OPEN)
    left = np.uint64(mask)
    while left != 0:
        at = put_word_text(at, text, words, base + np.int64(trailing_zeros(left)))
        at = put_character(at, COMMA)
        left &= left - ONE
    return _close(at, start)


@kernel
def _put_strengths(at, text, words, integers, count, bits, word):  # type: ignore[no-untyped-def]
    """A pair of each of `count` integers of so many `bits` that is not 0; whole words of them are passed over."""
    width, lane = np.uint64(bits), (ONE << np.uint64(bits)) - ONE
    for n in range(0, count * bits, 64):
        left = u8_at(integers, n >> 3)
        if n + 64 > count * bits:
            left &= (ONE << np.uint64(count * bits - n)) - ONE
        while left != 0:
            k = trailing_zeros(left) // width
            strength = np.int64((left >> (k * width)) << (WORD_BITS - width)) >> (64 - bits)
            at = put_word_text(at, text, words, word + n // bits + np.int64(k))
            at = _put_end(put_int(at, strength))
            left &= ~(lane << (k * width))
    return at


@kernel
def put_shapes(at, text, words, out):  # type: ignore[no-untyped-def]
    """Candlestick patterns and events of the output row at `out`, each with its strength."""
    at = start = put_character(at, OPEN)
    at = _put_strengths(at, text, words, out + CANDLES_AT, CANDLE_COUNT, 8, CANDLE_WORDS)
    at = _put_strengths(at, text, words, out + EVENTS_AT, EVENT_COUNT, 16, EVENT_WORDS)
    return _close(at, start)


@kernel
def put_contributions(at, text, words, out, lanes):  # type: ignore[no-untyped-def]
    """The largest contributions to the score of the output row at `out`."""
    at = start = put_character(at, OPEN)
    for k in range(TOP):
        which = i1_at(out + WHICH, k)
        if which >= 0:
            at = put_word_text(at, text, words, COMPONENT_WORDS + which)
            at = _put_end(put_lane(at, lanes, TOP_LANES + k * ITEM))
    return _close(at, start)


@kernel
def put_timeframes(at, text, words, out, lanes):  # type: ignore[no-untyped-def]
    """The higher timeframes of the output row at `out`."""
    at = start = put_character(at, OPEN)
    for k in range(i1_at(out, FIRST_FRAME), i1_at(out, END_FRAME)):
        at = put_word_text(at, text, words, FRAME_WORDS + k)
        at = put_character(put_lane(at, lanes, DIRECTION_LANES + k * ITEM), COMMA)
        at = put_lane(at, lanes, AGE_LANES + k * ITEM)
        at = put_word_text(at, text, words, TRUTH_WORDS + (1 if u1_at(out + PARTIAL, k) != 0 else 0))
        at = put_word_text(at, text, words, REGIME_WORDS + u1_at(out + FRAME_REGIME, k))
        at = _put_end(at)
    return _close(at, start)
