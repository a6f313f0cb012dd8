"""Any file of bars, opened and turned into records of `ticks.raw`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from schemas.tick import MAX_SYMBOL
from worker.errors import DataError
from worker.sources.bars import BarBatch, batches_of, by_time, shown, stamps
from worker.sources.datasets import INTERVAL, read_dataset
from worker.sources.intervals import Steps, check_interval, closes_of, decide_interval
from worker.sources.options import ReadOptions
from worker.sources.reading import Reading
from worker.sources.record import Bar, Record, encode_bar
from worker.sources.report import ReadReport
from worker.sources.tables.content import STDIN

_PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst", ".zstd")
_KINDS = (".csv", ".txt", ".tsv", ".tab", ".dat", ".asc", ".prn", ".data", ".parquet", ".pq", ".parq")
_FOREIGN = (".xlsx", ".xls", ".ods", ".json", ".jsonl", ".feather", ".arrow", ".h5", ".hdf5", ".pkl", ".db", ".pdf",
            ".xml", ".html", ".tar", ".tgz", ".7z", ".rar")  # fmt: skip
_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "%")


@dataclass
class Source:
    """Bars in the order of their source; the interval is None when it must be inferred."""

    name: str
    bars: Iterator[Bar]
    interval: str | None
    report: ReadReport
    reading: Reading | None = None  # of a file; `bars` are empty then

    def batches(self, sort: bool = False) -> Iterator[BarBatch]:
        """Return all rows, in the order of the source or by time."""
        found = self.reading.batches(self.report) if self.reading else batches_of(self.bars)
        return by_time(found) if sort else found


def open_file(path: Path, symbol: str | None, report: ReadReport, options: ReadOptions | None = None) -> Source:
    """Open a file, and read it once to decide how to read it. `symbol` is for files without a symbol column.

    Raises:
        ConfigError: an extra is not installed.
        DataError: the file cannot be read, holds no bars, or is ambiguous; the fix names the option that decides.
    """
    options = options or ReadOptions()
    if str(path) != STDIN:
        if path.is_dir():
            some = sorted(each.name for each in path.iterdir() if _stem(each.name)[1] in _KINDS + _PACKED)
            inside = (
                f"it holds {', '.join(some[:3])}{' …' if len(some) > 3 else ''}" if some else "it holds no such file"
            )
            raise DataError(f"{path} is a folder; {inside}", f"Give the files, for example {path}/*.csv")
        if not path.is_file():
            raise DataError(f"{path} is no file", "Check the path")
        if _stem(path.name)[1] in _FOREIGN:
            raise DataError(f"{path} is of an unknown kind", "Give CSV or Parquet, plain or packed by gzip, zip, xz …")
    wanted = symbol or options.symbol
    reading = Reading(path, wanted, options, symbol_of_name(path))
    if str(path) == STDIN and reading.derived:
        raise DataError(
            "standard input has no name, and no column says whose bars it holds",
            "Give the symbol, for example --symbol AAPL, or name the column: --column symbol=",
        )
    if reading.derived and len(reading.symbol) > MAX_SYMBOL:
        raise DataError(
            f"the name of {path.name} is no symbol: longer than {MAX_SYMBOL} characters", "Give the symbol by --symbol"
        )
    return Source(reading.name, iter(()), None, report, reading)


def open_files(paths: Iterable[Path], symbol: str | None, report: ReadReport, options: ReadOptions) -> list[Source]:
    """Decide all files, with their intervals and sample rows, before the first is read.

    Raises:
        ConfigError, DataError: as `open_file`; also where two files would become one symbol by their names.
    """
    sources, owners = list[Source](), dict[str, Path]()
    for path in distinct(paths, report):
        source = open_file(path, symbol, report, options)
        sources.append(source)
        assert source.reading is not None
        if not source.reading.derived:
            continue
        other = owners.setdefault(source.reading.symbol, path)
        if other != path:
            raise DataError(
                f"{other} and {path} would both become the symbol {source.reading.symbol} by their names",
                "Give --symbol where they hold one instrument, else rename one or add a symbol column",
            )
    for source in sources:
        assert source.reading is not None
        layout = source.reading.preview()
        source.reading.interval(options.interval)
        for note in (*layout.notes, *_absent(options, source.reading)):
            report.note(f"{source.name}: {note}")
    _check_one(options, {source.name: source.reading.layout.interval for source in sources if source.reading
                         and source.reading.columns.symbol is None})  # fmt: skip
    report.layouts += [source.reading.layout for source in sources if source.reading]
    return sources


def _absent(options: ReadOptions, reading: Reading) -> Iterator[str]:
    missing = [name for name in options.numbers if name not in dict(reading.columns.extra)]
    if missing:
        yield f"it has no column {' or '.join(missing)}: a strategy reads NaN there"


def _check_one(options: ReadOptions, intervals: dict[str, str | None]) -> None:
    """Refuse one symbol for files of bars of different lengths.

    Raises:
        DataError: the lengths differ.
    """
    if options.symbol is not None and len(set(intervals.values())) > 1:
        lengths = ", ".join(f"{name}: {interval}" for name, interval in intervals.items())
        raise DataError(
            f"--symbol {options.symbol} would join bars of different lengths in one series ({lengths})",
            "Give files of one length, or of another symbol each",
        )


def distinct(paths: Iterable[Path], report: ReadReport) -> list[Path]:
    """Return each file once, with a note where one is given twice."""
    found: dict[Path, Path] = {}
    for path in paths:
        real = path if str(path) == STDIN else path.resolve()
        if real in found:
            report.note(f"{path} is given twice, and read once")
        found.setdefault(real, path)
    return list(found.values())


def open_dataset(name: str, symbol: str | None, report: ReadReport) -> Source:
    """Open a bundled data set."""
    return Source(name, read_dataset(name, symbol), INTERVAL, report)


def _stem(name: str) -> tuple[str, str]:
    """Return a name without the suffixes of file kinds, and the last such suffix."""
    stem, kind = name, ""
    for _ in range(2):
        base, dot, suffix = stem.rpartition(".")
        suffix = f".{suffix.lower()}"
        if not dot or not base or suffix not in (*_PACKED, *_KINDS, *_FOREIGN):
            break
        stem, kind = base, suffix
        if suffix not in _PACKED:
            break
    return stem, kind


def symbol_of_name(path: Path) -> str:
    """Return the symbol that a file's name suggests: `data/brk.b.csv.gz` is BRK.B.

    Nothing of the name is lost but the suffixes of known kinds of files: spaces become underscores, and what a symbol
    may not hold is written as in an address (`%C3%BC`).
    """
    stem = _stem(path.name)[0].strip().upper().replace(" ", "_")
    return quote(stem, safe=_SAFE) or "UNKNOWN"


def interval_of(source: Source, given: str | None = None, steps: Steps | None = None) -> str:
    """Return the interval of a source; `steps` are those of its bars where it is no file.

    Raises:
        ConfigError: the interval given is none.
        DataError: it cannot be inferred.
    """
    if source.reading is not None:
        return source.reading.interval(given)
    text = given or source.interval
    if text is None:
        text, _ = decide_interval(steps or Steps(), source.name)
    check_interval(text)
    return text


def opened(source: Source, interval: str | None, sort: bool) -> tuple[str, Iterator[BarBatch]]:
    """Return (interval, batches) of a source, with notes in its report; the interval is "" where there are no bars.

    Raises:
        ConfigError, DataError: as `interval_of`.
    """
    steps = source.reading.times.steps if source.reading else None
    if steps is not None and steps.backward and not steps.forward and not sort:
        source.report.note(f"{source.name} is newest first: read in the order of time")
        sort = True
    batches: Iterable[BarBatch] = source.batches(sort)
    if source.reading is None and (source.interval is None or interval is None):
        batches = list(batches)  # bars in memory: they are few
        if not batches:
            source.report.note(f"{source.name} holds no bars")
            return "", iter(())
        steps = Steps()
        for batch in batches:
            steps.feed(batch.owners[batch.has_ts], batch.ts[batch.has_ts])
    if steps is not None and steps.newest_first and not sort:
        source.report.note(f"{source.name} is newest first: most bars will be rejected as out_of_order; use --sort")
    elif source.reading is not None and not sort and source.reading.late:
        source.report.note(
            f"{source.name}: {_rows(source.reading.late, 'goes', 'go')} back in time: the worker rejects bars behind "
            "later ones as out_of_order; --sort reads by time"
        )
    if source.reading is not None and source.reading.repeats:
        source.report.note(
            f"{source.name}: {_rows(source.reading.repeats, 'repeats', 'repeat')} a time of their symbol: the worker "
            "takes the first of them"
        )
    text = interval_of(source, interval, steps)
    opening = source.reading.opening if source.reading else None
    return text, iter(batches) if opening is None else opening.apply(batches)


def _rows(count: int, one: str, many: str) -> str:
    return f"{count:,} row {one}" if count == 1 else f"{count:,} rows {many}"


def read_records(
    source: Source, interval: str | None = None, sort: bool = False, now_ms: int | None = None
) -> Iterator[Record]:
    """Yield the records of a source, in its order or sorted by time.

    A record's timestamp is the bar's `ingest_ts`, else its close (`ts` + interval). A bar without a time keeps the
    timestamp of the record before it. Bars that close after `now_ms` are held back: stamped with its close, a forming
    bar would be decided, and the whole one, later, would be a conflicting duplicate.

    Raises:
        DataError: the interval cannot be inferred, or the source cannot be read.
        ConfigError: the interval given is none.
    """
    text, batches = opened(source, interval, sort)
    if not text:
        return
    length, before = check_interval(text), None
    for batch in batches:
        book(batch, source.report)
        whole = _closed(batch, length, now_ms, source.report)
        times, stamped, before = stamps(whole, length, before)
        yield from records_of(whole, text, times.tolist(), stamped.tolist(), source.report)


def book(batch: BarBatch, report: ReadReport) -> None:
    """Count the rows of a batch, and those that are no bars."""
    report.rows += len(batch) + len(batch.lost)
    report.crossed += int(np.count_nonzero(batch.numbers[1] < batch.numbers[2]))
    for reason, example in batch.lost:
        report.reject(reason, example)


def _closed(batch: BarBatch, length_ms: int, now_ms: int | None, report: ReadReport) -> BarBatch:
    if now_ms is None:
        return batch
    late = batch.has_ts & (closes_of(batch.ts, length_ms) > now_ms)
    if not late.any():
        return batch
    future = late & (batch.ts > now_ms)
    report.forming += int(np.count_nonzero(late & ~future))
    for row in np.flatnonzero(future).tolist():
        report.reject("the bar begins in the future", shown(batch.bar(row)))
    return batch.take(~late)


def records_of(
    batch: BarBatch, interval: str, times: list[int], stamped: list[bool], report: ReadReport
) -> Iterator[Record]:
    """Yield the rows of a batch as records with these timestamps, epoch ms; a row without one is reported."""
    complete = batch.complete.tolist()
    keys = [name.encode() for name in batch.symbols]
    rows = zip(
        batch.owners.tolist(), batch.ts.tolist(), batch.has_ts.tolist(), *batch.numbers.tolist(), times, strict=True
    )
    for row, (owner, ts, has_ts, open_, high, low, close, volume, stamp) in enumerate(rows):
        extra = tuple((name, float(values[row])) for name, values in batch.extra.items())
        bar = Bar(batch.symbols[owner], ts if has_ts else None, open_, high, low, close, volume, extra=extra)
        if not stamped[row]:
            report.reject("the first bar has no time", shown(bar))
            continue
        report.incomplete += not complete[row]
        yield Record(keys[owner], encode_bar(bar, interval), stamp)


def publishable(records: Iterable[Record], report: ReadReport, latest_ms: int) -> Iterator[Record]:
    """Yield the records whose timestamps Kafka takes, from 1970 to `latest_ms`; any other would fail its batch."""
    for record in records:
        if record.timestamp_ms < 0:
            report.reject("the bar closes before 1970, which no Kafka timestamp can say", _show(record))
        elif record.timestamp_ms > latest_ms:
            report.reject("the bar closes further in the future than the topic allows", _show(record))
        else:
            yield record


def _show(record: Record) -> str:
    return record.value.decode(errors="replace")
