"""The kernels that write decisions: the steps of the layout over each row."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from worker.engine.addresses import BLOCK, address_of, copy_block, i1_at, i8_at, put_byte, u1_at, u4_at
from worker.engine.bar import BAR
from worker.engine.encoding.digits import put_int
from worker.engine.encoding.lanes import put_lane, write_lanes
from worker.engine.encoding.layout import Kind
from worker.engine.encoding.lists import put_contributions, put_names, put_shapes, put_timeframes, put_word_text
from worker.engine.encoding.members import fetch_out, load_lanes, offset
from worker.engine.encoding.numbers import put_null
from worker.engine.encoding.text import put_character, put_text
from worker.engine.kernel import inlined, kernel
from worker.engine.model import Status
from worker.engine.pipeline import OUTPUT

NUMBER, WORD, NOTHING = int(Kind.NUMBER), int(Kind.WORD), int(Kind.NOTHING)
BAR_INT, CLOSE_TS, SYMBOL, BLOCKING = int(Kind.BAR_INT), int(Kind.CLOSE_TS), int(Kind.SYMBOL), int(Kind.BLOCKING)
CODES, REASONS, SHAPES = int(Kind.CODES), int(Kind.REASONS), int(Kind.SHAPES)
CONTRIBUTIONS, TIMEFRAMES, OPTIONAL = int(Kind.CONTRIBUTIONS), int(Kind.TIMEFRAMES), int(Kind.OPTIONAL)
MODEL, STATUSES = int(Kind.MODEL), len(Status)
FEED, QUOTE, ESCAPE = b"\n"[0], b'"'[0], b"\\"[0]
TEXT_SIZE, KIND, PLACE, BASE, STEP = 8, 16, 24, 32, 40  # offsets in a step, and its bytes
OUT_ROW, BAR_ROW = OUTPUT.itemsize, BAR.itemsize
TOLD, TS, INTERVAL = offset("model.told"), offset("ts", BAR), offset("interval_ms", BAR)


class Rows(NamedTuple):
    """Output rows and BAR rows as bytes, shape (n, bytes of a row)."""

    outs: NDArray[Any]
    bars: NDArray[Any]


class Book(NamedTuple):
    """A layout as addresses, and where to put the numbers of a row."""

    steps: int
    steps_end: int
    text: int
    words: int
    lanes: int


@inlined
def book_of(layout, lanes):  # type: ignore[no-untyped-def]
    """The addresses of a `Layout` and of `new_lanes`."""
    steps = address_of(layout.steps)
    end = steps + layout.steps.size * 8
    return Book(steps, end, address_of(layout.text), address_of(layout.words), address_of(lanes))


@inlined
def close_ts(bar):  # type: ignore[no-untyped-def]
    """When the BAR row at this address ends, in epoch ms."""
    return i8_at(bar, TS) + i8_at(bar, INTERVAL)


@inlined
def is_plain(symbol, size, room):  # type: ignore[no-untyped-def]
    """Whether a symbol needs no escapes, and has enough of `room` behind it to be copied in blocks."""
    plain = size + BLOCK <= room
    for i in range(size):
        byte = u1_at(symbol, i)
        plain &= (byte != QUOTE) & (byte != ESCAPE)
    return plain


@kernel
def _put_escaped(at, symbol, size):  # type: ignore[no-untyped-def]
    """A symbol (printable ASCII) as JSON text without quotes."""
    for i in range(size):
        byte = u1_at(symbol, i)
        if byte in (QUOTE, ESCAPE):
            at = put_character(at, ESCAPE)
        at = put_character(at, byte)
    return at


@kernel
def _put_rare(at, step, text, words, lanes, out, bar, symbol, symbol_size, plain):  # type: ignore[no-untyped-def]
    """What a line has once or twice."""
    kind, place, base = i8_at(step, KIND), i8_at(step, PLACE), i8_at(step, BASE)
    if kind == BAR_INT:
        return put_int(at, i8_at(bar, place))
    if kind == CLOSE_TS:
        return put_int(at, close_ts(bar))
    if kind == SYMBOL:
        return put_text(at, symbol, symbol_size) if plain else _put_escaped(at, symbol, symbol_size)
    if kind == BLOCKING:
        which = i1_at(out, place)
        return put_null(at) if which < 0 else put_word_text(at, text, words, base + which)
    if kind == CODES:
        return put_names(at, text, words, i8_at(out, place), base)
    if kind == REASONS:
        return put_names(at, text, words, u4_at(out, place), base)
    if kind == SHAPES:
        return put_shapes(at, text, words, out)
    if kind == CONTRIBUTIONS:
        return put_contributions(at, text, words, out, lanes)
    if kind == TIMEFRAMES:
        return put_timeframes(at, text, words, out, lanes)
    if kind == OPTIONAL:
        return put_lane(at, lanes, place) if i8_at(lanes, place) != 0 else at - i8_at(step, TEXT_SIZE)
    return put_word_text(at, text, words, base + u4_at(out, TOLD) * STATUSES + u1_at(out, place))  # MODEL


@kernel
def put_line(at, book, out, bar, symbol, symbol_size, room):  # type: ignore[no-untyped-def]
    """Write the output row at `out` and its BAR at `bar`, without a line feed; returns the address after it.

    `symbol` is the address of as many bytes, and of `room` bytes that may be read. Up to `layout.SPARE` bytes more are
    written.
    """
    plain, text, words, lanes = is_plain(symbol, symbol_size, room), book.text, book.words, book.lanes
    load_lanes(lanes, out, bar)
    write_lanes(lanes)
    for step in range(book.steps, book.steps_end, STEP):
        kind = i8_at(step, KIND)
        copy_block(at, text + i8_at(step, 0))
        at += i8_at(step, TEXT_SIZE)
        if kind == NUMBER:
            at = put_lane(at, lanes, i8_at(step, PLACE))
        elif kind == WORD:
            at = put_word_text(at, text, words, i8_at(step, BASE) + u1_at(out, i8_at(step, PLACE)))
        elif kind != NOTHING:
            at = _put_rare(at, step, text, words, lanes, out, bar, symbol, symbol_size, plain)
    return at


@kernel
def put_lines(buffer, layout, rows, names, spans, ends, lanes):  # type: ignore[no-untyped-def]
    """Write a line a row; `names[spans[row, 0]:spans[row, 1]]` is its symbol, `ends[row]` is set to where it ends.

    `lanes` are `new_lanes`.
    """
    book = book_of(layout, lanes)
    first = at = address_of(buffer)
    outs, bars = address_of(rows.outs), address_of(rows.bars)
    for r in range(ends.size):
        out, start = outs + r * OUT_ROW, spans[r, 0]
        if r + 1 < ends.size:
            fetch_out(out + OUT_ROW)
        symbol = address_of(names) + start
        at = put_line(at, book, out, bars + r * BAR_ROW, symbol, spans[r, 1] - start, names.size - start)
        put_byte(at, 0, FEED)
        at += 1
        ends[r] = at - first
