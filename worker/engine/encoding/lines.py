"""The kernels that write decisions: the steps of the layout over each row."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from worker.engine.encoding.layout import Kind
from worker.engine.encoding.numbers import put_float, put_int, put_null
from worker.engine.kernel import inlined, kernel
from worker.engine.memory import BLOCK, fetch_row, put_block_text, store_word, trailing_zeros
from worker.engine.model import Status
from worker.engine.rounding import decimals
from worker.engine.stages.decision.output import TOP

FLOAT, BAR_FLOAT, SCORE = int(Kind.FLOAT), int(Kind.BAR_FLOAT), int(Kind.SCORE)
INT, BAR_INT, CLOSE_TS, SMALL = int(Kind.INT), int(Kind.BAR_INT), int(Kind.CLOSE_TS), int(Kind.SMALL)
WORD, BLOCKING, SYMBOL = int(Kind.WORD), int(Kind.BLOCKING), int(Kind.SYMBOL)
CODES, REASONS, SHAPES = int(Kind.CODES), int(Kind.REASONS), int(Kind.SHAPES)
CONTRIBUTIONS, TIMEFRAMES, OPTIONAL = int(Kind.CONTRIBUTIONS), int(Kind.TIMEFRAMES), int(Kind.OPTIONAL)
MODEL, STATUSES = int(Kind.MODEL), len(Status)
OPEN, CLOSE, COMMA, FEED = b"["[0], b"]"[0], b","[0], b"\n"[0]
ONE, WORD_BITS = np.uint64(1), np.uint64(64)
END = np.uint64(int.from_bytes(b"],", "little"))
QUOTE, ESCAPE = b'"'[0], b"\\"[0]


class Views(NamedTuple):
    """Output rows and BAR rows as two-dimensional arrays of each type that a step reads."""

    f8: Any
    i8: Any
    u4: Any
    i1: Any
    u1: Any
    bar_f8: Any
    bar_i8: Any


@inlined
def _put(buffer, at, byte):  # type: ignore[no-untyped-def]
    buffer[at] = byte
    return at + 1


@kernel
def _put_names(buffer, at, text, words, mask, base):  # type: ignore[no-untyped-def]
    buffer[at] = OPEN
    bit, first = 0, True
    at += 1
    while mask >> bit != 0:
        if (mask >> bit) & 1:
            if not first:
                at = _put(buffer, at, COMMA)
            at = _put_word(buffer, at, text, words, base + bit)
            first = False
        bit += 1
    return _put(buffer, at, CLOSE)


@inlined
def _put_end(buffer, at):  # type: ignore[no-untyped-def]
    """The end of an element of a list, and a comma."""
    store_word(buffer, at, END)
    return at + 2


@inlined
def _put_word(buffer, at, text, words, word):  # type: ignore[no-untyped-def]
    return put_block_text(buffer, at, text, words[word, 0], words[word, 1])


@inlined
def _close(buffer, at, start):  # type: ignore[no-untyped-def]
    """End a list that was opened before `start`, in place of the comma behind its last element."""
    if at > start:
        at -= 1
    buffer[at] = CLOSE
    return at + 1


@kernel
def _put_lanes(buffer, at, text, words, i8, r, offset, count, bits, word):  # type: ignore[no-untyped-def]
    """A pair of each of `count` integers of so many `bits` that is not 0; whole words of them are passed over."""
    width, lane = np.uint64(bits), (ONE << np.uint64(bits)) - ONE
    for n in range(0, count * bits, 64):
        left = np.uint64(i8[r, (offset + (n >> 3)) >> 3])
        if n + 64 > count * bits:
            left &= (ONE << np.uint64(count * bits - n)) - ONE
        while left != 0:
            k = trailing_zeros(left) // width
            strength = np.int64((left >> (k * width)) << (WORD_BITS - width)) >> (64 - bits)
            at = _put_word(buffer, at, text, words, word + n // bits + np.int64(k))
            at = _put_end(buffer, put_int(buffer, at, strength))
            left &= ~(lane << (k * width))
    return at


@kernel
def _put_shapes(buffer, at, text, words, i8, r, places):  # type: ignore[no-untyped-def]
    at = start = _put(buffer, at, OPEN)
    at = _put_lanes(buffer, at, text, words, i8, r, places.candles, places.candle_count, 8, places.candle_words)
    at = _put_lanes(buffer, at, text, words, i8, r, places.events, places.event_count, 16, places.event_words)
    return _close(buffer, at, start)


@kernel
def _put_contributions(buffer, at, text, words, i1, f8, r, places):  # type: ignore[no-untyped-def]
    at = start = _put(buffer, at, OPEN)
    for k in range(TOP):
        which = int(i1[r, places.top + k])
        if which >= 0:
            at = _put_word(buffer, at, text, words, places.component_words + which)
            at = _put_end(buffer, put_float(buffer, at, f8[r, places.contributions // 8 + which]))
    return _close(buffer, at, start)


@kernel
def _put_timeframes(buffer, at, text, words, i1, u1, i8, f8, r, places):  # type: ignore[no-untyped-def]
    at = start = _put(buffer, at, OPEN)
    for k in range(int(i1[r, places.first]), int(i1[r, places.end])):
        at = _put_word(buffer, at, text, words, places.frame_words + k)
        at = put_float(buffer, at, f8[r, places.direction // 8 + k])
        at = put_int(buffer, _put(buffer, at, COMMA), i8[r, places.age // 8 + k])
        at = _put_word(buffer, at, text, words, places.truth_words + int(u1[r, places.partial + k] != 0))
        at = _put_word(buffer, at, text, words, places.regime_words + int(u1[r, places.frame_regime + k]))
        at = _put_end(buffer, at)
    return _close(buffer, at, start)


@inlined
def _float(views, r, kind, offset):  # type: ignore[no-untyped-def]
    if kind == FLOAT:
        return views.f8[r, offset >> 3]
    return views.bar_f8[r, offset >> 3] if kind == BAR_FLOAT else decimals(views.f8[r, offset >> 3], 6)


@inlined
def _int(views, r, kind, offset):  # type: ignore[no-untyped-def]
    if kind == INT:
        return views.i8[r, offset >> 3]
    if kind == BAR_INT:
        return views.bar_i8[r, offset >> 3]
    if kind == CLOSE_TS:
        return views.bar_i8[r, 0] + views.bar_i8[r, 1]
    return int(views.i1[r, offset])


@inlined
def _is_plain(names, start, stop):  # type: ignore[no-untyped-def]
    """Whether a symbol needs no escapes, and has enough behind it to be copied in blocks."""
    plain = stop + BLOCK <= names.size
    for i in range(start, stop):
        plain &= (names[i] != QUOTE) & (names[i] != ESCAPE)
    return plain


@kernel
def _put_escaped(buffer, at, names, start, stop):  # type: ignore[no-untyped-def]
    """A symbol (printable ASCII) as JSON text without quotes."""
    for i in range(start, stop):
        byte = names[i]
        if byte in (QUOTE, ESCAPE):
            at = _put(buffer, at, ESCAPE)
        at = _put(buffer, at, byte)
    return at


@kernel
def put_line(buffer, at, layout, views, r, names, start, stop):  # type: ignore[no-untyped-def]
    """Write row `r`, whose symbol is `names[start:stop]`, without a line feed; returns where it ends.

    Up to `layout.SPARE` bytes more are written.
    """
    steps, text, words, places = layout.steps, layout.text, layout.words, layout.places
    plain = _is_plain(names, start, stop)
    for s in range(steps.shape[0]):
        at = put_block_text(buffer, at, text, steps[s, 0], steps[s, 1])
        kind, offset, base = steps[s, 2], steps[s, 3], steps[s, 4]
        if kind <= SCORE:
            at = put_float(buffer, at, _float(views, r, kind, offset))
        elif kind <= SMALL:
            at = put_int(buffer, at, _int(views, r, kind, offset))
        elif kind == WORD:
            at = _put_word(buffer, at, text, words, base + int(views.u1[r, offset]))
        elif kind == SYMBOL:
            if plain:
                at = put_block_text(buffer, at, names, start, stop)
            else:
                at = _put_escaped(buffer, at, names, start, stop)
        elif kind == BLOCKING:
            which = int(views.i1[r, offset])
            at = put_null(buffer, at) if which < 0 else _put_word(buffer, at, text, words, base + which)
        elif kind == CODES:
            at = _put_names(buffer, at, text, words, views.i8[r, offset >> 3], base)
        elif kind == REASONS:
            at = _put_names(buffer, at, text, words, int(views.u4[r, offset >> 2]), base)
        elif kind == SHAPES:
            at = _put_shapes(buffer, at, text, words, views.i8, r, places)
        elif kind == CONTRIBUTIONS:
            at = _put_contributions(buffer, at, text, words, views.i1, views.f8, r, places)
        elif kind == TIMEFRAMES:
            v = views
            at = _put_timeframes(buffer, at, text, words, v.i1, v.u1, v.i8, v.f8, r, places)
        elif kind == OPTIONAL:
            value = views.i8[r, offset >> 3]
            at = put_int(buffer, at, value) if value != 0 else at - (steps[s, 1] - steps[s, 0])
        elif kind == MODEL:
            which = int(views.u4[r, places.told >> 2]) * STATUSES + int(views.u1[r, offset])
            at = _put_word(buffer, at, text, words, base + which)
    return at


@kernel
def put_lines(buffer, layout, views, names, spans, ends):  # type: ignore[no-untyped-def]
    """Write a line a row; `names[spans[row, 0]:spans[row, 1]]` is its symbol, `ends[row]` is set to where it ends."""
    at = 0
    for r in range(ends.size):
        if r + 1 < ends.size:
            fetch_row(views.i8, r + 1)
        at = put_line(buffer, at, layout, views, r, names, spans[r, 0], spans[r, 1])
        at = _put(buffer, at, FEED)
        ends[r] = at
