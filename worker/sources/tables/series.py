"""Whether a file holds several series that its known columns do not tell apart.

Two bars of one symbol at one time are dirt in one file and two instruments in another. An unread column decides: if it
tells the rows of one time apart, and its values recur from bar to bar as those of an instrument do, the rows are
several series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError
from worker.sources.bars import Symbols
from worker.sources.tables.columns import INSTRUMENTS, SINGLE, Columns, plain
from worker.sources.tables.parquet import ParquetTable
from worker.sources.tables.text import Chunk, TextTable
from worker.sources.times.kinds import Typed

Ints = NDArray[np.int64]
_EXPLAINED = 0.9  # share of the repeats that a column has to tell apart
_DIRT = 0.01  # share of the rows that may repeat a time without being a series of their own
_STEADY, _USUAL = 0.9, 0.3  # share of the times whose values come again at the next time, of a few and of many repeats
_SLACK = 1_000  # distinct values that any column may have while the file is read


class SeriesScan:
    """The rows of a file, with the cells of its unread columns."""

    def __init__(self, unread: Iterable[int]) -> None:
        self._values = {at: Symbols() for at in unread}
        self._codes: dict[int, list[Ints]] = {at: [] for at in self._values}
        self._owners: list[Ints] = []
        self._ts: list[Ints] = []
        self._rows = 0

    @property
    def wanted(self) -> list[int]:
        """Columns that may still tell rows apart."""
        return list(self._values)

    def feed(self, columns: Mapping[int, Any], owners: Ints, ts: Ints, has: NDArray[np.bool_]) -> None:
        """Add some rows; those without a time are ignored."""
        self._owners.append(owners[has])
        self._ts.append(ts[has])
        self._rows += int(np.count_nonzero(has))
        for at in self.wanted:
            cells = columns[at].values.tolist() if isinstance(columns[at], Typed) else map(str.strip, columns[at])
            self._codes[at].append(self._values[at].owners(cells)[has])
            if len(self._values[at]) > _SLACK + self._rows // 2:  # numbers, not names
                del self._values[at], self._codes[at]

    def end(self) -> Rows:
        """Return all rows."""
        codes = {at: np.concatenate(parts) for at, parts in self._codes.items() if self._rows}
        none = np.zeros(0, np.int64)
        owners, ts = (np.concatenate([none, *parts]) for parts in (self._owners, self._ts))
        return Rows(owners, ts, {at: each for at, each in codes.items() if 1 < len(np.unique(each)) <= len(each) / 2})


class Rows:
    """Owners and times of the rows, and the columns of few values, as numbers."""

    def __init__(self, owners: Ints, ts: Ints, columns: dict[int, Ints]) -> None:
        if len(ts) and np.count_nonzero(np.diff(ts) < 0) > np.count_nonzero(np.diff(ts) > 0):  # newest first
            owners, ts, columns = owners[::-1], ts[::-1], {at: codes[::-1] for at, codes in columns.items()}
        self._owners, self._ts, self._columns = owners, ts, columns
        self._times = _numbered(owners, ts)
        self.repeats = len(ts) - _distinct(self._times)
        self.late = _late(owners, ts)

    def told_apart(self) -> list[tuple[int, ...]]:
        """Return columns of which each tells the series apart, else one set that does so together, else nothing."""
        if not self.repeats and not self.late:
            return []
        names = sorted(self._columns)
        alone: list[tuple[int, ...]] = [(at,) for at in names if self._tells((at,))]
        if alone or len(names) < 2 or self.repeats <= _DIRT * len(self._ts) or not self._tells(tuple(names), False):
            return alone
        together = [*combinations(names, 2), tuple(names)]
        return [next((places for places in together if self._tells(places)), tuple(names))]

    def symbol(self, name: str, header: Sequence[str], known: bool) -> int | None:
        """Return the unread column that names the instruments; None where no column is needed.

        Raises:
            DataError: it is unknown what the needed column names, or one is needed beside the `known` symbols.
        """
        found = self.told_apart()
        named = None if known else named_by(found, header)
        if found and named is None:
            raise refusal(name, self, found, header, known)
        return named

    def _tells(self, places: tuple[int, ...], steady: bool = True) -> bool:
        values = np.zeros(len(self._ts), np.int64)
        for at in places:
            values = _numbered(values, self._columns[at])
        return self._parts_repeats(values, steady) if self.repeats else self._parts_passes(values)

    def _parts_repeats(self, values: Ints, steady: bool) -> bool:
        left = len(values) - _distinct(_numbered(self._times, values))
        if left > (1 - _EXPLAINED) * self.repeats:
            return False
        if not steady:
            return True
        few = self.repeats <= _DIRT * len(values)
        return self._steadiness(values) >= (_STEADY if few else _USUAL)

    def _steadiness(self, values: Ints) -> float:
        """Return the share of times after which some value comes again at the next time of the symbol."""
        many = int(values.max()) + 1
        pairs = np.unique(self._times * many + values)
        times = np.unique(self._times)
        follows = np.isin(times + 1, times)
        if not follows.any():
            return 1.0
        again = np.unique(pairs[np.isin(pairs + many, pairs)] // many)
        return len(again) / int(np.count_nonzero(follows))

    def _parts_passes(self, values: Ints) -> bool:
        """Return whether the file is a pass over time for each value, and the passes run side by side."""
        if _late(_numbered(self._owners, values), self._ts) > (1 - _EXPLAINED) * self.late:
            return False
        in_time = values[np.argsort(self._ts, kind="stable")]
        return int(np.count_nonzero(np.diff(in_time))) > 2 * int(np.count_nonzero(np.diff(values)))


def scan_series(
    table: TextTable | ParquetTable,
    columns: Columns,
    timed: Callable[[Chunk], tuple[Ints, Ints, NDArray[np.bool_]]],
) -> Rows:
    """Scan all rows of a table; `timed` returns owners and times of a chunk's rows, and which have a time."""
    read = columns.positions().values()
    scan = SeriesScan({*range(table.cells)} - {*read})
    for chunk in table.chunks({*read, *scan.wanted} - {*columns.numbers}, time=columns.ts):
        scan.feed(chunk.columns, *timed(chunk))
    return scan.end()


def _numbered(first: Ints, second: Ints) -> Ints:
    """Return a number for each pair, in their order, with a gap between the numbers of two `first`s."""
    if not len(first):
        return first
    order = np.lexsort((second, first))
    new = np.diff(first[order], prepend=first[order[0]]) != 0
    steps = (np.diff(second[order], prepend=second[order[0]]) != 0) | new
    numbers = np.empty(len(first), np.int64)
    numbers[order] = np.cumsum(steps.astype(np.int64) + new)
    return numbers


def _distinct(values: Ints) -> int:
    return len(np.unique(values))


def _late(owners: Ints, ts: Ints) -> int:
    """Count the rows that stand behind a later one of their symbol."""
    order = np.argsort(owners, kind="stable")
    whose, when = owners[order], ts[order]
    late = 0
    for part in np.split(when, np.flatnonzero(np.diff(whose)) + 1):
        late += int(np.count_nonzero(part < np.maximum.accumulate(part))) if len(part) else 0
    return late


def named_by(found: list[tuple[int, ...]], header: Sequence[str]) -> int | None:
    """Return the column that names instruments, as far as its header says."""
    spelled = {plain(header[places[0]]): places[0] for places in reversed(found) if len(places) == 1}
    return next((spelled[alias] for alias in INSTRUMENTS if alias in spelled), None)


def refusal(name: str, rows: Rows, found: list[tuple[int, ...]], header: Sequence[str], symbol: bool) -> DataError:
    """Return the error to raise where unread columns tell series apart; `symbol`: a column of symbols is known."""
    names = [" and ".join(repr(header[at].strip()) for at in places) for places in found]
    what = (
        f"{rows.repeats:,} rows repeat a time of their symbol"
        if rows.repeats
        else f"{rows.late:,} rows go back in time"
    )
    tell = f"{'columns' if len(found) > 1 or len(found[0]) > 1 else 'column'} {' or '.join(names)}"
    at = named_by(found, header) if symbol else found[0][0] if len(found[0]) == 1 else None
    split = "Give a file for each of them, or name them in one column"
    if at is not None:
        split = f"Give --column {quote(f'symbol={header[at].strip()}')} if that names the instruments"
    single = "else a file for each" if symbol else f"or --column symbol={SINGLE} if all rows are one instrument's"
    return DataError(f"{name}: {what}, and the {tell} would tell them apart: the file holds several series",
                     split if symbol and at is None else f"{split}, {single}")  # fmt: skip
