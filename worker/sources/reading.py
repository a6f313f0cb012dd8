"""The one reader of files: the first pass over all cells decides the layout, and later passes read by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from worker.errors import DataError
from worker.sources.bars import BarBatch, Symbols, finite
from worker.sources.intervals import check_given, check_interval, check_same, check_steps, decide_interval
from worker.sources.layout import Layout
from worker.sources.numbers import NEGLIGIBLE, Marks, numbers
from worker.sources.opening import Opening
from worker.sources.options import CLOCKS, FIELDS, ReadOptions
from worker.sources.record import Bar, odd
from worker.sources.report import ReadReport
from worker.sources.tables.columns import (
    PRICES_AND_VOLUME,
    REQUIRED,
    Columns,
    Found,
    check_offsets,
    guess,
    is_single,
    overridden,
    plain,
    recognise,
    with_extra,
)
from worker.sources.tables.content import FALLBACKS, Content
from worker.sources.tables.headless import check_order
from worker.sources.tables.parquet import ParquetTable
from worker.sources.tables.series import scan_series
from worker.sources.tables.text import LONG, NO_TIME, Chunk, TextTable, too_long
from worker.sources.tables.ticks import TickPrices
from worker.sources.tables.vendors import Hint, of_header, of_name
from worker.sources.times.clocks import ClockScan
from worker.sources.times.columns import ASSUMED, TimeScan
from worker.sources.times.headers import mark_of, mark_of_times
from worker.sources.times.kinds import Typed

_SAMPLES = 3
_DAY_MS = 86_400_000
_NOT_ZERO = re.compile(r"[1-9]")


class Reading:
    """A file of bars, decided and ready to be read."""

    def __init__(self, path: Path, symbol: str | None, options: ReadOptions, named: str) -> None:
        """Decide everything but the interval; `named` is the symbol that the file's name suggests.

        Raises:
            ConfigError: an extra is not installed, or an option says nothing.
            DataError: the file cannot be read, or is ambiguous.
        """
        self.content = Content(path)
        self.name = self.content.name
        self.options = options
        self.hint = of_name(path, self.content.member)
        self.opening: Opening | None = None  # known with the interval
        self.table = self._open()
        self._decide(symbol, named)

    def _open(self) -> TextTable | ParquetTable:
        return ParquetTable(self.content) if self.content.parquet else TextTable(self.content)

    def _decide(self, symbol: str | None, named: str) -> None:
        table = self.table
        self.hint = _joined(self.hint, of_header(table.header))
        found, refusal = self._columns(), None
        for times, clock in [*found.times[1:], (None, None)]:
            try:
                self._scan(found)
                break
            except DataError as error:
                refusal = refusal or error
                if times is None:
                    raise refusal from None
                found = found._replace(columns=replace(found.columns, ts=times, clock=clock))
            except UnicodeDecodeError:
                self._other_encoding()
                return self._decide(symbol, named)
        below = table.structure.symbol if isinstance(table, TextTable) else None
        chosen = self.hint.symbol or below or named
        self.symbol = symbol or chosen
        # A symbol that stands in the file, or in a name by a vendor's rule, is not the whole name of the file.
        self.derived = symbol is None and self.columns.symbol is None and chosen == named and not self.hint.symbol
        self.layout = self._layout(found)

    def _columns(self) -> Found:
        found, table = self._columns_of_bars(), self.table
        header = table.header or [f"column {at + 1}" for at in range(table.width)]
        return found._replace(columns=with_extra(found.columns, header, self.options, self.name))

    def _columns_of_bars(self) -> Found:
        table, given = self.table, {name: at for name, at in self.options.columns.items() if name in FIELDS}
        if table.header is not None:
            return recognise(table.header, self.name, given)
        assert isinstance(table, TextTable)
        first = table.structure.first
        if {*REQUIRED} <= {*given}:
            return recognise([f"column {at}" for at in range(1, len(first) + 1)], self.name, given)
        known = self.hint.columns
        if known is None or known.width > len(first):
            known = guess(first, self.name)
            if not {*PRICES_AND_VOLUME} & {*given}:
                known = check_order(table, known, self.name, self.options.decimal)
        known = overridden(known, given, len(first), self.name)
        return Found(known, [(known.ts, known.clock)], [known.numbers[4]], [])

    def _scan(
        self, found: Found, kind: str | None = None, ingest_kind: str | None = None, clock_kind: str | None = None
    ) -> None:
        table, options, columns = self.table, self.options, found.columns
        header = table.header or [f"column {at + 1}" for at in range(table.width)]
        zone = options.timezone or self.hint.timezone
        mark = mark_of_times(self.name, header, columns.ts, columns.clock)
        once = options.repeated_hour
        times = TimeScan(self.name, header[columns.ts], options.date_format, zone, self.hint.order, kind, mark, once)
        ingest = None if columns.ingest_ts is None else TimeScan(
            self.name, header[columns.ingest_ts], options.date_format, zone, self.hint.order, ingest_kind,
            mark_of(header[columns.ingest_ts]) or mark, once,
        )  # fmt: skip
        self.clocks = self._clock_scan(header, columns, clock_kind)
        names = {plain(name) for name in table.header or ()}
        ticks = TickPrices("tsevent" in names)
        marks, symbols, filled = Marks(), Symbols(), dict.fromkeys(found.volumes, False)
        wanted = {*columns.positions().values(), *found.volumes}
        prices = {*columns.numbers, *found.volumes, *dict(columns.extra).values()}
        rows, long = 0, list[tuple[str, int, str]]()
        for chunk in table.chunks(wanted, time=columns.ts):
            rows, long = rows + len(chunk.lines), long + [each for each in chunk.lost if each[0] == LONG]
            owners = self._owners(chunk, columns, symbols)
            times.feed(self._when(chunk, columns, scan=True), owners)
            if ingest is not None and columns.ingest_ts is not None:
                ingest.feed(chunk.columns[columns.ingest_ts], owners)
            for at in prices:
                column = chunk.columns[at]
                if not isinstance(column, Typed):
                    marks.feed(header[at], column, chunk.odd)
                    if at in columns.numbers[:4]:
                        ticks.feed(header[at], column)
                elif at in columns.numbers[:4]:
                    ticks.weigh(column.values[column.has])
                if at in filled and not filled[at]:
                    filled[at] = _filled(column)
        others = times.other_kind(), ingest and ingest.other_kind(), self.clocks and self.clocks.other_kind()
        if any(others):
            return self._scan(found, others[0] or kind, others[1] or ingest_kind, others[2] or clock_kind)
        if long and len(long) > NEGLIGIBLE * (rows + len(long)):
            raise too_long(self.name, f"line {long[0][1]}: {long[0][2]}", f"{len(long):,} rows")
        if times.lost and isinstance(table, TextTable):
            for _ in table.chunks(wanted, time=columns.ts, careful=True):
                pass  # a header among the rows is refused
        self.times = times.decide()
        if ASSUMED in self.times.zone:
            check_offsets(header, header[columns.ts], self.name)
        if (apart := self._told_apart(columns, header)) is not None:
            return self._scan(found._replace(columns=apart))
        if not self._single(header):
            check_same(self.times.steps, self.name)
        if self.clocks is not None:
            self.times = self.times._replace(label=self.times.label + self.clocks.label)
        self.ingest = None if ingest is None else ingest.decide()
        text = isinstance(table, TextTable) or bool(table.texts & prices)
        semicolons = isinstance(table, TextTable) and table.delimiter == ";"
        self.decimal = marks.decide(self.name, options.decimal, semicolons) if text else None
        self.notes = found.notes + [each.note for each in (self.times, self.ingest) if each and each.note]
        if self.hint.scale == 1.0 and (scale := ticks.scale(self.name, options.decimal)) != 1.0:
            self.hint = self.hint._replace(vendor="Databento", scale=scale)
            self.notes.append("prices are given in units of 0.000000001")
        best = next((at for at in found.volumes if filled[at]), found.volumes[0])
        if best != found.volumes[0]:
            self.notes.append(
                f"volumes are those of {header[best].strip()!r}, since {header[found.volumes[0]].strip()!r} is all zero"
            )
        elif not any(filled.values()) and self.times.rows:
            self.notes.append(f"all volumes of {header[best].strip()!r} are zero")
        self.notes += odd(symbols.names)
        if columns.symbol is not None and options.symbol is not None:
            self.notes.append(
                f"--symbol {options.symbol} is not used: {header[columns.symbol].strip()!r} names the symbols"
            )
        self.columns = columns.with_volume(best)

    def _told_apart(self, columns: Columns, header: Sequence[str]) -> Columns | None:
        """Return the columns, with one of symbols where only that tells apart rows that repeat a time.

        Raises:
            DataError: an unread column tells them apart, and may not name instruments.
        """
        steps, self.repeats, self.late = self.times.steps, 0, 0
        if not steps.same and not (steps.forward and steps.backward):
            return None
        clock, symbols = self.times.clock(), Symbols()

        def timed(chunk: Chunk) -> tuple[Any, Any, Any]:
            owners = self._owners(chunk, columns, symbols)
            ts, has, _ = self.times.convert(self._when(chunk, columns), clock, owners)
            return owners, ts, has

        rows = scan_series(self.table, columns, timed)
        self.repeats, self.late = rows.repeats, rows.late
        named = None if self._single(header) else rows.symbol(self.name, header, columns.symbol is not None)
        return None if named is None else replace(columns, symbol=named)

    def _single(self, header: Sequence[str]) -> bool:
        return is_single("symbol", self.options.columns.get("symbol", ""), header)

    def _clock_scan(self, header: Sequence[str], columns: Columns, kind: str | None) -> ClockScan | None:
        given = self.options.date_format
        if columns.clock is not None:
            return ClockScan(self.name, header[columns.clock].strip(), given, kind)
        if given in CLOCKS:
            raise DataError(
                f"{self.name}: --date-format {given} is of a time of day beside a date, and there is no such column",
                "Name the column, --column clock= and its header or number",
            )
        return None

    def _when(self, chunk: Chunk, columns: Columns, scan: bool = False) -> Any:
        times = chunk.columns[columns.ts]
        if columns.clock is not None:
            assert self.clocks is not None
            clocks = chunk.columns[columns.clock]
            if isinstance(times, Typed) or isinstance(clocks, Typed):
                raise DataError(
                    f"{self.name}: date and time of day stand in two columns that are no text",
                    "Write them into one column of timestamps",
                )
            spelled = self.clocks.feed(times, clocks) if scan else self.clocks.spell(clocks)
            return [f"{day} {clock}" for day, clock in zip(times, spelled, strict=True)]
        if self.hint.midnight_ms is not None and not isinstance(times, Typed):
            return [_since_midnight(cell, self.hint.midnight_ms) for cell in times]
        return times

    def _owners(self, chunk: Chunk, columns: Columns, symbols: Symbols) -> Any:
        if columns.symbol is None:
            return np.zeros(len(chunk.lines), np.int64)
        names = chunk.columns[columns.symbol]
        if isinstance(names, Typed):
            names = [f"{value}" for value in names.values.tolist()]
        return symbols.owners(map(str.strip, names))

    def _other_encoding(self) -> None:
        assert isinstance(self.table, TextTable)
        left = [each for each in FALLBACKS if each != self.table.encoding]
        if self.table.encoding == FALLBACKS[-1] or self.table.encoding.startswith("utf-16"):
            raise self.content.unreadable(ValueError(f"the text is no {self.table.encoding}"))
        self.table.encoding = left[0] if self.table.encoding not in FALLBACKS else FALLBACKS[-1]

    def _layout(self, found: Found) -> Layout:
        table = self.table
        header = table.header or [f"column {at + 1}" for at in range(table.width)]
        if isinstance(table, TextTable):
            self.notes += table.notes
        if self.times.first is not None and self.times.first < 0:
            self.notes.append(
                "a backtest plays bars that close before 1970, publish leaves them out: no Kafka timestamp says so"
            )
        named = {field: header[at].strip() or "(unnamed)" for field, at in self.columns.positions().items()}
        symbol = None if self.columns.symbol is not None else self.symbol
        return Layout(
            self.name, table.form, named, self.decimal, self.times.label, self.times.zone, None, symbol,
            self.times.rows, self.times.first, self.times.last, self.hint.vendor, notes=self.notes,
        )  # fmt: skip

    def interval(self, given: str | None = None) -> str:
        """Return the bar interval: `given`, else what a vendor's name says, else what all steps show.

        Raises:
            ConfigError: the one given is none.
            DataError: the steps do not tell.
        """
        said, steps, note = given or self.options.interval, self.times.steps, None
        text = said or self.hint.interval
        if text is None:
            text, note = decide_interval(steps, self.name)
            check_steps(text, steps, self.name)
        elif said:
            note = check_given(said, steps, self.name)
        check_interval(text)
        opening = Opening(text, steps, said is not None, self.times.by_ends)
        self.layout.move(opening.shift - (self.opening.shift if self.opening else 0))
        self.opening = opening
        self.layout.notes += [each for each in (note, opening.note) if each and each not in self.layout.notes]
        self.layout.interval = text
        return text

    def preview(self) -> Layout:
        """Return the layout with three sample rows.

        Raises:
            DataError: no row is complete.
        """
        found: list[Bar] = []
        report = ReadReport()
        for batch in self.batches(report):
            found += [batch.bar(row) for row in islice(np.flatnonzero(batch.complete).tolist(), _SAMPLES - len(found))]
            if len(found) == _SAMPLES:
                break
        if not found:
            cells = "; ".join(f"column {name!r}, {cell}" for name, cell in report.unreadable_examples.items())
            raise DataError(
                f"{self.name} has no row with a time and five numbers that can be read"
                + (f"; these cells are none: {cells}" if cells else ""),
                "Compare the columns with docs/input.md, or name them: --column close=Last",
            )
        self.layout.samples = found
        return self.layout

    def batches(self, report: ReadReport) -> Iterator[BarBatch]:
        """Yield all rows; cells that cannot be read are counted in the report.

        Raises:
            DataError: the file cannot be read to its end.
        """
        columns, symbols = self.columns, Symbols()
        header = self.table.header or [f"column {at + 1}" for at in range(self.table.width)]
        clock = self.times.clock()
        ingest_clock = self.ingest.clock() if self.ingest else None
        final: Bar | None = None
        for chunk in self.table.chunks(columns.positions().values(), time=columns.ts):
            owners = self._owners(chunk, columns, symbols) if columns.symbol is not None else np.full(
                len(chunk.lines), symbols[self.symbol]
            )  # fmt: skip
            when = self._when(chunk, columns)
            ts, has_ts, lost = self.times.convert(when, clock, owners)
            known, has_known, lost_known = self._ingest(chunk, ingest_clock, owners)
            rows = [self._numbers(chunk, at, header, report) for at in columns.numbers]
            if self.hint.scale != 1.0:
                rows = [_scaled(row, self.hint.scale) for row in rows[:4]] + rows[4:]
            faults = [(why, f"line {line}: {text}") for why, line, text in chunk.lost]
            lost = sorted({*lost, *lost_known})
            faults += [(NO_TIME, f"{self.table.kind} {chunk.lines[row]}: {_cells(chunk, row)}") for row in lost]
            extra = {name: finite(self._numbers(chunk, at, header, report)) for name, at in columns.extra}
            prices = np.array(rows).reshape(5, -1)
            batch = BarBatch(ts, has_ts, prices, known, has_known, owners, symbols.names, faults, extra)
            if lost:
                keep = np.ones(len(batch), np.bool_)
                keep[lost] = False
                batch = batch.take(keep)
            final = batch.bar(int(whole[-1])) if len(whole := np.flatnonzero(batch.complete)) else final
            yield batch
        shift = self.opening.shift if self.opening else 0
        self.layout.final = final and final._replace(ts=final.ts + shift if final.ts is not None else None)

    def _ingest(self, chunk: Chunk, clock: Any, owners: Any) -> tuple[Any, Any, list[int]]:
        if self.ingest is None or self.columns.ingest_ts is None:
            return np.zeros(len(owners), np.int64), np.zeros(len(owners), np.bool_), []
        return self.ingest.convert(chunk.columns[self.columns.ingest_ts], clock, owners)

    def _numbers(self, chunk: Chunk, at: int, header: Sequence[str], report: ReadReport) -> Any:
        column = chunk.columns[at]
        if isinstance(column, Typed):
            return np.where(column.has, column.values.astype(np.float64), np.nan)
        volume = at == self.columns.numbers[4]
        values, unreadable = numbers(column, self.decimal or ".", volume, chunk.odd)
        if unreadable:
            report.unreadable[header[at].strip()] += len(unreadable)
            row = unreadable[0]
            report.unreadable_examples.setdefault(
                header[at].strip(), f"{self.table.kind} {chunk.lines[row]}: {column[row][:60]!r}"
            )
        return values


def _joined(name: Hint, header: Hint) -> Hint:
    return name._replace(vendor=name.vendor or header.vendor, order=name.order or header.order)


def _since_midnight(cell: str, midnight: int) -> str:
    ms = int(cell) if cell.strip().isdecimal() else -1
    if not 0 <= ms < _DAY_MS:
        return cell
    return str(np.datetime64(midnight + ms, "ms"))


def _filled(column: Any) -> bool:
    if isinstance(column, Typed):
        return bool((column.values[column.has] != 0).any())
    return _NOT_ZERO.search("".join(column)) is not None


def _scaled(values: Any, scale: float) -> Any:
    # Division by a power of ten is exact to the last digit, multiplication by its inverse is not.
    return values / round(1 / scale)


def _cells(chunk: Chunk, row: int) -> str:
    return ",".join("" if isinstance(c, Typed) else str(c[row]) for c in chunk.columns.values())
