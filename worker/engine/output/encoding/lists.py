"""The lists of a decision: names, patterns, contributions and timeframes."""

from __future__ import annotations

import numpy as np

from worker.engine.intrinsics.addresses import i1_at, i2_at, i8_at, u1_at, u8_at
from worker.engine.intrinsics.memory import trailing_zeros
from worker.engine.kernel import inlined, kernel
from worker.engine.output.encoding.digits import put_int
from worker.engine.output.encoding.lanes import ITEM, put_lane
from worker.engine.output.encoding.layout import (
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
from worker.engine.output.encoding.members import AGES, DIRECTIONS, TOP_LANES, WHICH, offset
from worker.engine.output.encoding.text import put_character, put_text
from worker.engine.stages.decision.output import TOP

OPEN, CLOSE, COMMA = b"["[0], b"]"[0], b","[0]
ONE, BOTH = np.uint64(1), np.uint64(3)
SEVENS, TOPS, GATHER = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x8080808080808080), np.uint64(0x0102040810204080)
WORD_ROW = 16  # bytes
DIRECTION_LANES, AGE_LANES = DIRECTIONS.lane, AGES.lane
FIRST_FRAME, END_FRAME = offset("timeframes.first"), offset("timeframes.end")
PARTIAL, FRAME_REGIME = offset("timeframes.partial"), offset("timeframes.regime")
CANDLES_AT, CANDLE_COUNT = offset(f"patterns.{CANDLE_FIELD}"), len(CANDLES)
EVENTS_AT, EVENT_COUNT = offset(f"patterns.{EVENT_FIELD}"), len(EVENTS)


@inlined
def put_word_text(at, text, words, word):  # type: ignore[no-untyped-def]
    """Write the word of this number."""
    row = words + word * WORD_ROW
    return put_text(at, text + i8_at(row, 0), i8_at(row, 8))


@inlined
def _put_end(at):  # type: ignore[no-untyped-def]
    """Write the end of a list's element, and a comma."""
    return put_character(put_character(at, CLOSE), COMMA)


@inlined
def _close(at, start):  # type: ignore[no-untyped-def]
    """End a list that was opened before `start`; replace the comma after its last element."""
    return put_character(at - 1 if at > start else at, CLOSE)


@kernel
def put_names(at, text, words, mask, base):  # type: ignore[no-untyped-def]
    """Write the words from `base` on whose bits are set."""
    at = start = put_character(at, OPEN)
    left = np.uint64(mask)
    while left != 0:
        at = put_word_text(at, text, words, base + np.int64(trailing_zeros(left)))
        at = put_character(at, COMMA)
        left &= left - ONE
    return _close(at, start)


@inlined
def _present(source, size):  # type: ignore[no-untyped-def]
    """Return a bit for each of up to 64 bytes that is not 0.

    The product moves the highest bits of eight bytes into its own highest byte, in order.
    """
    found = np.uint64(0)
    for n in range(0, size, 8):
        word = u8_at(source, n)
        if n + 8 > size:
            word &= (ONE << np.uint64(8 * (size - n))) - ONE
        marked = (((word & SEVENS) + SEVENS) | word) & TOPS
        found |= (((marked >> np.uint64(7)) * GATHER) >> np.uint64(56)) << np.uint64(n)
    return found


@inlined
def _put_strength(at, text, words, word, strength):  # type: ignore[no-untyped-def]
    return _put_end(put_int(put_word_text(at, text, words, word), strength))


@kernel
def put_shapes(at, text, words, out):  # type: ignore[no-untyped-def]
    """Write the candlestick patterns and events of the output row at `out` whose strength is not 0, each with it."""
    at = start = put_character(at, OPEN)
    left = _present(out + CANDLES_AT, CANDLE_COUNT)
    while left != 0:
        k = np.int64(trailing_zeros(left))
        at = _put_strength(at, text, words, CANDLE_WORDS + k, i1_at(out + CANDLES_AT, k))
        left &= left - ONE
    left = _present(out + EVENTS_AT, 2 * EVENT_COUNT)
    while left != 0:
        k = np.int64(trailing_zeros(left)) >> 1
        at = _put_strength(at, text, words, EVENT_WORDS + k, i2_at(out + EVENTS_AT, 2 * k))
        left &= ~(BOTH << np.uint64(2 * k))
    return _close(at, start)


@kernel
def put_contributions(at, text, words, out, lanes):  # type: ignore[no-untyped-def]
    """Write the largest contributions to the score of the output row at `out`."""
    at = start = put_character(at, OPEN)
    for k in range(TOP):
        which = i1_at(out + WHICH, k)
        if which >= 0:
            at = put_word_text(at, text, words, COMPONENT_WORDS + which)
            at = _put_end(put_lane(at, lanes, TOP_LANES + k * ITEM))
    return _close(at, start)


@kernel
def put_timeframes(at, text, words, out, lanes):  # type: ignore[no-untyped-def]
    """Write the higher timeframes of the output row at `out`."""
    at = start = put_character(at, OPEN)
    for k in range(i1_at(out, FIRST_FRAME), i1_at(out, END_FRAME)):
        at = put_word_text(at, text, words, FRAME_WORDS + k)
        at = put_character(put_lane(at, lanes, DIRECTION_LANES + k * ITEM), COMMA)
        at = put_lane(at, lanes, AGE_LANES + k * ITEM)
        at = put_word_text(at, text, words, TRUTH_WORDS + (1 if u1_at(out + PARTIAL, k) != 0 else 0))
        at = put_word_text(at, text, words, REGIME_WORDS + u1_at(out + FRAME_REGIME, k))
        at = _put_end(at)
    return _close(at, start)
