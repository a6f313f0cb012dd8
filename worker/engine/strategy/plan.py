"""The plan of a strategy's indicators: what is declared, as rows that one compiled kernel reads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.strategy.indicators.advance import INDICATOR_SET_VERSION, KINDS
from worker.engine.strategy.indicators.kind import ENDLESS, NODE, PLACE, Series
from worker.engine.strategy.indicators.trailing import WORD

OPEN, HIGH, LOW, CLOSE, VOLUME = range(-5, 0)  # kinds of the bars' own columns
COLUMNS = (OPEN, HIGH, LOW, CLOSE, VOLUME)
ABSENT = -1

# The head of a timeframe in a symbol's memory, in words: bars closed, the block of 64 intervals, and of a higher
# timeframe the end of its bucket (forming, else the last closed), the bars in it, its prices and volume, and whether
# the symbol's bars fill such buckets (1 yes, -1 no).
COUNT, BLOCK, END, BARS, PRICES, FITS = 0, 1, 2, 3, 4, 9
HEAD = 10

TIMEFRAME = np.dtype(
    [
        ("length", "i8"),  # ms, 0 = the symbol's own bars
        ("head", "i8"),
        ("first", "i8"),  # nodes [first, last) are its own
        ("last", "i8"),
        ("columns", PLACE, (len(COLUMNS),)),  # ABSENT where nothing reads it
    ],
    align=True,
)
OUTPUT = np.dtype([("value", PLACE), ("head", "i8")], align=True)


class Plan(NamedTuple):
    """The rows of the kernel, and what a symbol's memory takes."""

    nodes: NDArray[Any]  # NODE, by timeframe, each after what it reads
    timeframes: NDArray[Any]  # TIMEFRAME, the own bars first
    outputs: NDArray[Any]  # OUTPUT, one a declared name
    words: int  # float64, of a symbol

    @property
    def fingerprint(self) -> str:
        """Return 16 hex digits, equal iff the memory of a symbol means the same."""
        parts = (self.nodes, self.timeframes, self.outputs)
        digest = hashlib.sha256(f"{INDICATOR_SET_VERSION} {self.words}".encode())
        for part in parts:
            digest.update(repr((part.dtype.descr, part.tolist())).encode())
        return digest.hexdigest()[:16]


def known(series: Series) -> int:
    """Return the bar of its timeframe at which a series is first known, 1 = the first of all."""
    if series.kind < 0:
        return 1
    return _start(series) + KINDS[series.kind].needs(series) - 1


def settled(series: Series) -> int:
    """Return the bars of its timeframe after which an earlier start shows in no more than 1e-9; ENDLESS for some."""
    if series.kind < 0:
        return 1
    parts = [settled(each) for each in series.inputs]
    fades = KINDS[series.kind].fades(series)
    if ENDLESS in (*parts, fades):
        return ENDLESS
    return max(parts) + series.delay + KINDS[series.kind].needs(series) - 1 + fades


def _start(series: Series) -> int:
    return max(known(each) for each in series.inputs) + series.delay


class _Row:
    """A series of the plan while it is laid out: equal ones become one."""

    def __init__(self, series: Series, inputs: tuple[_Row, ...]) -> None:
        self.series, self.inputs = series, inputs
        self.reads = 1  # newest values that somebody reads
        self.place, self.own = (0, 0), 0

    def reserve(self, at: int) -> int:
        size = 1 << (self.reads - 1).bit_length()
        self.place = (at, size - 1)
        return at + size


class _Layout:
    def __init__(self) -> None:
        self.rows: dict[tuple[Any, ...], _Row] = {}  # in an order in which each follows its inputs

    def add(self, series: Series) -> _Row:
        inputs = tuple(self.add(each) for each in series.inputs)
        key = (series.kind, series.period, series.x, series.y, series.delay, series.timeframe, *map(id, inputs))
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = _Row(series, inputs)
            if series.kind >= 0:
                reads = KINDS[series.kind].reads(series)
                for each in inputs:
                    each.reads = max(each.reads, reads)
        return row

    def of(self, timeframe: int) -> Iterator[_Row]:
        return (row for row in self.rows.values() if row.series.timeframe == timeframe)


def plan(declared: Mapping[str, Series]) -> Plan:
    """Lay out the series by name; equal parts of them are computed once."""
    layout = _Layout()
    wanted = [layout.add(series) for series in declared.values()]
    lengths = sorted({0, *(row.series.timeframe for row in layout.rows.values())})
    heads, nodes, at = dict[int, int](), list[tuple[Any, ...]](), 0
    timeframes = np.zeros(len(lengths), TIMEFRAME)
    for k, length in enumerate(lengths):
        heads[length], first = at, len(nodes)
        at += HEAD
        columns = [(ABSENT, 0)] * len(COLUMNS)
        for row in layout.of(length):
            at = row.reserve(at)
            if row.series.kind < 0:
                columns[row.series.kind - OPEN] = row.place
                continue
            row.own = row.inputs[0].own if row.series.kind == WORD else at
            at += KINDS[row.series.kind].words
            nodes.append(_node(row))
        timeframes[k] = (length, heads[length], first, len(nodes), columns)
    outputs = np.zeros(len(wanted), OUTPUT)
    outputs[:] = [(row.place, heads[row.series.timeframe]) for row in wanted]
    return Plan(np.array(nodes, NODE), timeframes, outputs, at)


def _node(row: _Row) -> tuple[Any, ...]:
    series, kind = row.series, KINDS[row.series.kind]
    places = [each.place for each in row.inputs]
    places += [(0, 0)] * (4 - len(places))
    needs = kind.needs(series)
    return (series.kind, _start(series), needs, series.period, series.x, series.y, row.own, row.place, *places)
