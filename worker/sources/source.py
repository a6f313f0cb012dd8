"""Opens any file of bars and turns bars into records of `ticks.raw`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from schemas.tick import MAX_SYMBOL
from worker.errors import DataError
from worker.sources.binance import kline_name, read_klines
from worker.sources.csv_file import read_csv
from worker.sources.datasets import INTERVAL, read_dataset
from worker.sources.intervals import check_interval, infer_interval, newest_first
from worker.sources.parquet_file import read_parquet
from worker.sources.record import Bar, Record, encode_bar
from worker.sources.report import ReadReport

_SAMPLE = 2_000  # bars looked at to infer the interval
_SUFFIXES = (".csv", ".txt", ".tsv", ".csv.gz", ".zip", ".parquet", ".pq")


@dataclass
class Source:
    """Bars in the order of their source; the interval is None when it must be inferred."""

    name: str
    bars: Iterator[Bar]
    interval: str | None
    report: ReadReport


def open_file(path: Path, symbol: str | None, report: ReadReport) -> Source:
    """A file by its name: Parquet, Binance klines, else CSV. `symbol` is for files without a symbol column.

    Raises:
        DataError: the file does not exist or its kind is not known.
    """
    if not path.is_file():
        raise DataError(f"{path} is no file", "Check the path")
    if not path.name.lower().endswith(_SUFFIXES):
        raise DataError(f"{path} is of an unknown kind", f"Give one of: {', '.join(_SUFFIXES)}")
    if path.suffix.lower() in {".parquet", ".pq"}:
        return Source(path.name, read_parquet(path, symbol or symbol_of_name(path), report), None, report)
    if kline := kline_name(path):
        return Source(path.name, read_klines(path, symbol or kline[0], report), kline[1], report)
    return Source(path.name, read_csv(path, symbol or symbol_of_name(path), report), None, report)


def open_dataset(name: str, symbol: str | None, report: ReadReport) -> Source:
    """A bundled data set."""
    return Source(name, read_dataset(name, symbol, report), INTERVAL, report)


def symbol_of_name(path: Path) -> str:
    """The symbol that a file's name suggests: `data/btcusd.csv.gz` is BTCUSD."""
    stem = path.name.split(".")[0]
    return re.sub(r"[^!-~]+", "_", stem).upper()[:MAX_SYMBOL] or "UNKNOWN"


def read_records(
    source: Source, interval: str | None = None, sort: bool = False, now_ms: int | None = None
) -> Iterator[Record]:
    """Records of a source, in its order or sorted by time.

    A record's timestamp is the bar's `ingest_ts`, else its close (`ts` + interval). A bar without a time keeps the
    timestamp of the record before it. Bars that close after `now_ms` are held back: stamped with its close, a forming
    bar would be decided, and the whole one, later, would be a conflicting duplicate.

    Raises:
        DataError: the interval cannot be inferred, or the source cannot be read.
        ConfigError: the interval given is none.
    """
    bars = iter(_by_time(source.bars)) if sort else source.bars
    sample = list(islice(bars, _SAMPLE))
    if not sample:
        source.report.note(f"{source.name} holds no bars")
        return
    if newest_first(sample):
        source.report.note(f"{source.name} is newest first: most bars will be rejected as out_of_order; use --sort")
    text = interval or source.interval or infer_interval(sample, source.name)
    length = check_interval(text)
    whole = _closed(chain(sample, bars), length, now_ms, source.report)
    yield from _records(whole, text, length, source.report)


def _closed(bars: Iterable[Bar], length_ms: int, now_ms: int | None, report: ReadReport) -> Iterator[Bar]:
    for bar in bars:
        if now_ms is None or bar.ts is None or bar.ts + length_ms <= now_ms:
            yield bar
        elif bar.ts <= now_ms:
            report.forming += 1
        else:
            report.reject("the bar begins in the future", str(bar))


def _records(bars: Iterable[Bar], interval: str, length_ms: int, report: ReadReport) -> Iterator[Record]:
    stamp: int | None = None
    for bar in bars:
        if bar.ingest_ts is not None:
            stamp = bar.ingest_ts
        elif bar.ts is not None:
            stamp = bar.ts + length_ms
        if stamp is None:
            report.reject("the first bar has no time", str(bar))
            continue
        report.incomplete += bar.ts is None or not math.isfinite(sum(bar[2:7]))
        yield Record(bar.symbol.encode(), encode_bar(bar, interval), stamp)


def _by_time(bars: Iterable[Bar]) -> list[Bar]:
    timed: list[tuple[float, Bar]] = []
    last = -math.inf
    for bar in bars:
        last = last if bar.ts is None else bar.ts
        timed.append((last, bar))
    return [bar for _, bar in sorted(timed, key=lambda pair: pair[0])]


def publishable(records: Iterable[Record], report: ReadReport, latest_ms: int) -> Iterator[Record]:
    """The records whose timestamps Kafka takes: from 1970 to `latest_ms`. One other record would fail its batch."""
    for record in records:
        if record.timestamp_ms < 0:
            report.reject("the bar closes before 1970, which no Kafka timestamp can say", _show(record))
        elif record.timestamp_ms > latest_ms:
            report.reject("the bar closes further in the future than the topic allows", _show(record))
        else:
            yield record


def _show(record: Record) -> str:
    return record.value.decode(errors="replace")
