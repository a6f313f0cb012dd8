"""Which column is what in a table without header: its usual order, where the numbers do not contradict it.

The high is the highest of four prices, the low the lowest; a bar opens near the close before it; a volume does not move
as the prices do. Everything else is refused with the reading that fits the numbers best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError
from worker.sources.numbers import Marks, numbers
from worker.sources.tables.columns import PRICES_AND_VOLUME, Columns, is_number
from worker.sources.tables.text import TextTable
from worker.sources.times.dates import TextTimes

Floats = NDArray[np.float64]
_ENOUGH = 0.9  # share of the rows that have to fit
_FEW = 3  # rows that say something about a volume
_MANY = 20  # rows that tell an open from a close
_MARGIN = 1.25  # by which a bar has to open further from the last close than the wrong reading would
_SIMILAR = 2.0  # factor within which an average, an adjusted or a foreign price lies most of the time
# Open, high, low, close as most write them; open, close, high, low as Bitfinex does.
_ORDERS = ((0, 1, 2, 3), (0, 2, 3, 1))


class _Sample(NamedTuple):
    """Numbers of the first rows, by column, oldest first where their times say so."""

    values: Mapping[int, Floats]
    timed: bool  # whether the order of the rows is known
    owners: NDArray[np.int64]  # so that no bar follows one of another symbol


def check_order(table: TextTable, columns: Columns, name: str, decimal: str | None = None) -> Columns:
    """Return the columns in the order that the first rows show.

    Raises:
        DataError: no known order fits, or which column is the volume is unsure.
    """
    places = columns.numbers
    sample = _sample(table, columns, name, decimal)
    if sample is None:
        return columns
    prices = np.array([sample.values[at] for at in places[:4]])
    known = np.isfinite(prices).all(axis=0)
    if not known.any():
        return columns
    top, bottom = prices[:, known].max(axis=0), prices[:, known].min(axis=0)
    for order in _ORDERS:
        opened, high, low, closed = order
        share = float(np.mean((prices[high, known] == top) & (prices[low, known] == bottom)))
        if share < _ENOUGH and (order != _ORDERS[0] or share < 0.5):
            continue
        if _swapped(prices[opened], prices[closed], sample):
            pair = f"columns {places[opened] + 1} and {places[closed] + 1}"
            why = f"bars would open far from the close before them: {pair} look swapped"
            raise _refused(name, why, sample, columns)
        first, second, third, fourth = (places[at] for at in order)
        found = replace(columns, numbers=(first, second, third, fourth, places[4]))
        if (doubt := _no_volume(sample, found)) is not None:
            raise _refused(name, doubt, sample, found)
        return found
    why = (
        f"the first numbers behind the time are no open, high, low and close: {', '.join(table.structure.first)[:120]}"
    )
    raise _refused(name, why, sample, columns)


def _sample(table: TextTable, columns: Columns, name: str, decimal: str | None) -> _Sample | None:
    last = columns.symbol if columns.symbol is not None and columns.symbol > columns.numbers[0] else table.width
    places = [at for at in range(columns.numbers[0], table.width) if at != last]
    chunk = next(table.chunks({*columns.positions().values(), *places}), None)
    if chunk is None or not len(chunk.lines):
        return None
    marks = Marks()
    cells = {at: [str(cell) for cell in chunk.columns[at]] for at in places}
    cells = {at: column for at, column in cells.items() if at in columns.numbers or any(map(is_number, column[:50]))}
    for at in columns.numbers:
        marks.feed(f"column {at + 1}", cells[at])
    mark = marks.decide(name, decimal, table.delimiter == ";")
    values = {at: numbers(column, mark, True)[0] for at, column in cells.items()}
    names = [""] * len(chunk.lines) if columns.symbol is None else list(chunk.columns[columns.symbol])
    _, owners = np.unique(np.array(names), return_inverse=True)
    when = list(map(str, chunk.columns[columns.ts]))
    if columns.clock is not None:
        when = [f"{day} {clock}" for day, clock in zip(when, chunk.columns[columns.clock], strict=True)]
    forward = _direction(when[0], when[-1])
    step = -1 if forward < 0 else 1
    return _Sample({at: column[::step] for at, column in values.items()}, forward != 0, owners.reshape(-1)[::step])


def _direction(first: str, last: str) -> int:
    """Return 1 where time goes on, -1 where it goes back, 0 where that is not known."""
    if first.strip().isdecimal() and last.strip().isdecimal():
        return int(np.sign(int(last) - int(first)))
    signs = set()
    for reader in (TextTimes(True), TextTimes(False)):
        read = reader.read([first.strip(), last.strip()])
        if read.has.all():
            signs.add(int(np.sign(read.local[1] - read.local[0])))
    return signs.pop() if len(signs) == 1 else 0


def _swapped(opens: Floats, closes: Floats, sample: _Sample) -> bool:
    """Return whether bars would fit better to each other if open and close were exchanged."""
    same = np.diff(sample.owners) == 0
    right, wrong = np.abs(opens[1:] - closes[:-1])[same], np.abs(closes[1:] - opens[:-1])[same]
    known = np.isfinite(right) & np.isfinite(wrong)
    if not sample.timed or np.count_nonzero(known) < _MANY:
        return False
    return float(right[known].sum()) > _MARGIN * float(wrong[known].sum())


def _no_volume(sample: _Sample, columns: Columns) -> str | None:
    """Return why the column behind the prices may not be the volume."""
    _, high, low, _, at = columns.numbers
    values = sample.values
    volumes, tops, bottoms = values[at], values[high], values[low]
    more = [place for place in values if place > at]
    inside = (volumes >= bottoms) & (volumes <= tops) & (tops > bottoms)
    known = np.isfinite(volumes)
    if np.count_nonzero(known) >= _FEW and inside[known].all() and more:
        return f"column {at + 1} lies between high and low in every row, as an average price does, not a volume"
    if _like_price(volumes, sample, columns):
        return f"column {at + 1} moves as the prices do (adjusted, average or quoted), not as a volume"
    # What changes from row to row, and is neither a price nor a time, may be the volume as well.
    doubts = [place for place in more if _varies(values[place]) and not _like_price(values[place], sample, columns)]
    if not doubts or not _varies(volumes):
        return None
    if any(_times_price(values[place], volumes, tops, bottoms) for place in doubts):
        return None  # the turnover is there, and this is what it was made of
    turnover = next((place for place in doubts if _times_price(volumes, values[place], tops, bottoms)), None)
    if turnover is not None:
        return f"column {at + 1} is column {turnover + 1} times the price: the turnover, not the volume"
    if all(_counts(values[place], volumes) for place in doubts):
        return None
    first = next(n for n in range(len(volumes)) if np.isfinite(volumes[n]))
    others = ", ".join(f"column {place + 1} ({values[place][first]:.15g})" for place in doubts)
    return f"the volume may be column {at + 1} ({volumes[first]:.15g}) or {others}"


def _like_price(values: Floats, sample: _Sample, columns: Columns) -> bool:
    _, high, low, close, _ = columns.numbers
    tops, bottoms, closes = sample.values[high], sample.values[low], sample.values[close]
    fine = np.ones(len(values), np.bool_)
    for column in (values, tops, bottoms, closes):
        fine &= np.isfinite(column) & (column > 0)
    if np.count_nonzero(fine) < _MANY or len(np.unique(values[fine])) <= 2:
        return False
    ratio = np.log(values[fine] / closes[fine])
    spread = np.log(tops[fine] / bottoms[fine])
    return bool(np.median(np.abs(np.diff(ratio))) <= max(float(np.median(spread)), 1e-9))


def _varies(values: Floats) -> bool:
    known = values[np.isfinite(values)]
    if len(np.unique(known)) < 2:
        return False
    steps = np.diff(known)
    return bool((steps < 0).any() and (steps > 0).any()) or len(known) <= 2  # else a time or a row number


def _times_price(turnover: Floats, volume: Floats, tops: Floats, bottoms: Floats) -> bool:
    fine = np.isfinite(turnover) & (volume > 0) & (turnover > 0)
    if np.count_nonzero(fine) < _FEW:
        return False
    price = turnover[fine] / volume[fine]
    slack = 1 + 1e-3  # both are rounded
    return bool(np.mean((price <= tops[fine] * slack) & (price >= bottoms[fine] / slack)) >= _ENOUGH)


def _counts(values: Floats, volumes: Floats) -> bool:
    """Return whether a column may be the number of trades: whole, and at most as many as units traded if those are."""
    fine = np.isfinite(values) & np.isfinite(volumes)
    whole = bool((values[fine] == np.floor(values[fine])).all())
    return whole and (
        bool((volumes[fine] != np.floor(volumes[fine])).any()) or bool((volumes[fine] >= values[fine]).all())
    )


def _refused(name: str, why: str, sample: _Sample, columns: Columns) -> DataError:
    named = {"ts": columns.ts} | ({} if columns.clock is None else {"clock": columns.clock})
    named |= dict(zip(PRICES_AND_VOLUME, _likeliest(sample, columns), strict=True))
    named |= {} if columns.symbol is None else {"symbol": columns.symbol}
    return DataError(
        f"{name} has no header, and {why}",
        "Add a header, or name all columns by their numbers; the numbers look like "
        + " ".join(f"--column {field}={at + 1}" for field, at in named.items()),
    )


def _likeliest(sample: _Sample, columns: Columns) -> tuple[int, int, int, int, int]:
    """Return open, high, low, close and volume as they fit the numbers best."""
    values = {at: column for at, column in sample.values.items() if np.isfinite(column).any()}
    middles = {at: float(np.nanmedian(np.abs(column))) or 1e-12 for at, column in values.items()}
    alike = {
        at: [other for other in values if 1 / _SIMILAR <= middles[other] / middles[at] <= _SIMILAR] for at in values
    }
    prices = next((near[:4] for near in alike.values() if len(near) >= 4), [])
    if len(prices) < 4:
        return columns.numbers
    table = np.array([values[at] for at in prices])
    high = prices[int(np.argmax(np.mean(table == np.fmax.reduce(table, axis=0), axis=1)))]
    low = prices[int(np.argmax(np.mean(table == np.fmin.reduce(table, axis=0), axis=1)))]
    rest = [at for at in prices if at not in (high, low)]
    if len(rest) != 2:
        return columns.numbers
    first, last = reversed(rest) if _swapped(values[rest[0]], values[rest[1]], sample) else rest
    found = replace(columns, numbers=(first, high, low, last, first))
    others = [at for at in values if at not in prices and not _like_price(values[at], sample, found)]
    whole = [at for at in others if _varies(values[at])] or others
    whole = [at for at in whole if not _turnover_of(at, whole, values, high, low)] or whole
    volume = whole[0] if whole else next((at for at in sample.values if at not in prices), columns.numbers[4])
    return first, high, low, last, volume


def _turnover_of(at: int, others: list[int], values: Mapping[int, Floats], high: int, low: int) -> bool:
    return any(_times_price(values[at], values[other], values[high], values[low]) for other in others if other != at)
