"""Kernels that write decisions: the steps of the layout over each row."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from worker.engine.bar import BAR
from worker.engine.intrinsics.addresses import BLOCK, address_of, copy_block, i1_at, i8_at, put_byte, u1_at, u4_at
from worker.engine.kernel import inlined, kernel
from worker.engine.output.encoding.digits import put_int
from worker.engine.output.encoding.lanes import put_lane, write_lanes
from worker.engine.output.encoding.layout import TAGS, Kind
from worker.engine.output.encoding.lists import put_contributions, put_names, put_shapes, put_timeframes, put_word_text
from worker.engine.output.encoding.members import fetch_out, load_lanes, offset
from worker.engine.output.encoding.numbers import put_null
from worker.engine.output.encoding.strategy import put_said
from worker.engine.output.encoding.text import put_character, put_text
from worker.engine.periods import bar_end
from worker.engine.pipeline import OUTPUT
from worker.engine.scoring.model import Status

NUMBER, WORD, NOTHING, STRATEGY = int(Kind.NUMBER), int(Kind.WORD), int(Kind.NOTHING), int(Kind.STRATEGY)
STATUSES = len(Status)
FEED, QUOTE, ESCAPE = b"\n"[0], b'"'[0], b"\\"[0]
TEXT_SIZE, KIND, PLACE, BASE, STEP = 8, 16, 24, 32, 40  # offsets in a step, and its size in bytes
OUT_ROW, BAR_ROW = OUTPUT.itemsize, BAR.itemsize
MODEL_INDEX, TS, INTERVAL = offset("model.model_index"), offset("ts", BAR), offset("interval_ms", BAR)


class Rows(NamedTuple):
    """Output rows and BAR rows as bytes, shape (n, bytes per row)."""

    outs: NDArray[Any]
    bars: NDArray[Any]


class Book(NamedTuple):
    """A layout as addresses, and the lanes for the numbers of a row."""

    steps: int
    steps_end: int
    text: int
    words: int
    lanes: int


@inlined
def book_of(layout, lanes):  # type: ignore[no-untyped-def]
    """Return the addresses of a `Layout` and of `new_lanes`."""
    steps = address_of(layout.steps)
    end = steps + layout.steps.size * 8
    return Book(steps, end, address_of(layout.text), address_of(layout.words), address_of(lanes))


@inlined
def close_ts(bar):  # type: ignore[no-untyped-def]
    """Return when the BAR row at this address ends, epoch ms."""
    return bar_end(i8_at(bar, TS), i8_at(bar, INTERVAL))


@inlined
def is_plain(symbol, size, room):  # type: ignore[no-untyped-def]
    """Return whether a symbol needs no escapes and has enough `room` after it to be copied in blocks."""
    plain = size + BLOCK <= room
    for i in range(size):
        byte = u1_at(symbol, i)
        plain &= (byte != QUOTE) & (byte != ESCAPE)
    return plain


@kernel
def _put_escaped(at, symbol, size):  # type: ignore[no-untyped-def]
    """Write a symbol (printable ASCII) as JSON text without quotes."""
    for i in range(size):
        byte = u1_at(symbol, i)
        if byte in (QUOTE, ESCAPE):
            at = put_character(at, ESCAPE)
        at = put_character(at, byte)
    return at


@inlined
def _put_text_of(at, step, text):  # type: ignore[no-untyped-def]
    """Write the text of a step."""
    copy_block(at, text + i8_at(step, 0))
    return at + i8_at(step, TEXT_SIZE)


@inlined
def _put_steps(at, step, text, words, lanes, out):  # type: ignore[no-untyped-def]
    """Write the steps up to the next that `put_line` writes itself, and the text of that one.

    Return the address after it, and that step.
    """
    at = _put_text_of(at, step, text)
    while i8_at(step, KIND) <= NOTHING:
        kind, place = i8_at(step, KIND), i8_at(step, PLACE)
        if kind == NUMBER:
            at = put_lane(at, lanes, place)
        elif kind == WORD:
            at = put_word_text(at, text, words, i8_at(step, BASE) + u1_at(out, place))
        step += STEP
        at = _put_text_of(at, step, text)
    return at, step


@inlined
def _put_symbol(at, symbol, size, plain):  # type: ignore[no-untyped-def]
    return put_text(at, symbol, size) if plain else _put_escaped(at, symbol, size)


@inlined
def _put_model(at, step, text, words, out):  # type: ignore[no-untyped-def]
    status = u4_at(out, MODEL_INDEX) * STATUSES + u1_at(out, i8_at(step, PLACE))
    return put_word_text(at, text, words, i8_at(step, BASE) + status)


@inlined
def _put_reasons(at, step, text, words, out):  # type: ignore[no-untyped-def]
    """Write the reasons and the first of them that blocks: two steps."""
    at = put_names(_put_text_of(at, step, text), text, words, u4_at(out, i8_at(step, PLACE)), i8_at(step, BASE))
    step += STEP
    at, which = _put_text_of(at, step, text), i1_at(out, i8_at(step, PLACE))
    return put_null(at) if which < 0 else put_word_text(at, text, words, i8_at(step, BASE) + which)


@inlined
def _put_optional(at, step, text, lanes):  # type: ignore[no-untyped-def]
    lane = i8_at(step, PLACE)
    return put_lane(_put_text_of(at, step, text), lanes, lane) if i8_at(lanes, lane) != 0 else at


@kernel
def put_line(at, book, out, bar, symbol, symbol_size, room):  # type: ignore[no-untyped-def]
    """Write the output row at `out` and its BAR at `bar`, without a line feed, and return the address after it.

    `symbol` is the address of `symbol_size` bytes, and of `room` readable bytes. Up to `layout.SPARE` bytes more are
    written.
    """
    plain, text, words, lanes = is_plain(symbol, symbol_size, room), book.text, book.words, book.lanes
    load_lanes(lanes, out, bar)
    write_lanes(lanes)
    # Straight-line code in the order of `layout.OWN`: a branch on each step's kind would be unpredictable.
    at, step = _put_steps(at, book.steps, text, words, lanes, out)
    at, step = _put_steps(_put_symbol(at, symbol, symbol_size, plain), step + STEP, text, words, lanes, out)
    at, step = _put_steps(_put_symbol(at, symbol, symbol_size, plain), step + STEP, text, words, lanes, out)
    at, step = _put_steps(put_int(at, i8_at(bar, TS)), step + STEP, text, words, lanes, out)
    at, step = _put_steps(put_int(at, close_ts(bar)), step + STEP, text, words, lanes, out)
    at, step = _put_steps(put_timeframes(at, text, words, out, lanes), step + STEP, text, words, lanes, out)
    at = put_names(at, text, words, i8_at(out, i8_at(step, PLACE)), i8_at(step, BASE))
    at, step = _put_steps(at, step + STEP, text, words, lanes, out)
    at = _put_model(at, step, text, words, out)
    at = put_shapes(_put_text_of(at, step + STEP, text), text, words, out)
    at = put_contributions(_put_text_of(at, step + 2 * STEP, text), text, words, out, lanes)
    at = _put_reasons(at, step + 3 * STEP, text, words, out)
    at = _put_optional(at, step + 5 * STEP, text, lanes)
    at, step = _put_steps(at, step + 6 * STEP, text, words, lanes, out)
    if i8_at(step, KIND) == STRATEGY:
        counts, base = i8_at(step, PLACE), i8_at(step, BASE)
        at = put_said(at, text, words, base, counts % TAGS, counts // TAGS, out)
        at, step = _put_steps(at, step + STEP, text, words, lanes, out)
    return at


@kernel
def put_lines(buffer, layout, rows, names, spans, ends, lanes):  # type: ignore[no-untyped-def]
    """Write one line per row; `names[spans[row, 0]:spans[row, 1]]` is its symbol, `ends[row]` is set to its end.

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
