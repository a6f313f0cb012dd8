"""Columns hold what records hold: the same bars, order and timestamps, whatever is odd in a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from schemas import Rejection
from schemas.tick import Tick
from tests.support.examples import drawn
from tests.support.record_engine import RecordEngine
from worker.backtest.lines import Lines
from worker.backtest.player import Player
from worker.backtest.tape import tapes
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.errors import DataError
from worker.sources import bar_columns
from worker.sources.bar_columns import Bars
from worker.sources.record import Record
from worker.sources.report import ReadReport
from worker.sources.source import open_file, read_records
from worker.sources.tables import parquet

ARROW: Any = pyarrow
START = 1_704_067_200_000
DAY = 86_400_000
ODD: dict[str, dict[str, tuple[int, Any]]] = {
    "complete": {},
    "not finite": {"close": (4, float("nan")), "volume": (9, float("inf")), "open": (0, None)},
    "no time": {"ts": (3, None), "low": (6, None)},
    "no symbol": {"symbol": (2, None)},
    "symbols that no tick may have": {"symbol": (5, "two words")},
    "far times": {"ts": (7, -(10**13))},
}


def written(path: Path, **changes: tuple[int, Any]) -> Path:
    """Two symbols in turns, of one the last bars only; `changes` are cells: column → (row, value)."""
    count = 24
    symbols = ["A", "B"] * 8 + ["A"] * 8
    columns: dict[str, list[Any]] = {"symbol": symbols, "ts": [START + row // 2 * DAY for row in range(count)]}
    for name, level in (("open", 10.0), ("high", 12.0), ("low", 9.0), ("close", 11.0), ("volume", 1e6)):
        columns[name] = [level + row / 7 for row in range(count)]
    columns["ingest_ts"] = [None if row % 3 else START + row * DAY + 5 for row in range(count)]
    for name, (row, value) in changes.items():
        columns[name][row] = value
    ARROW.parquet.write_table(ARROW.table(columns), path)
    return path


def flat(given: list[Any]) -> dict[bytes, list[tuple[Tick, int]]]:
    """Ticks and timestamps of each key, of records and columns alike."""
    found: dict[bytes, list[tuple[Tick, int]]] = {}
    for item in given:
        if isinstance(item, Bars):
            for ts, _, ingest, open_, high, low, close, volume, _ in item.rows.tolist():
                tick = Tick(item.key.decode(), ts, open_, high, low, close, volume, item.interval)
                found.setdefault(item.key, []).append((tick, ingest))
        else:
            tick = Tick(**msgspec.json.decode(item.value))
            found.setdefault(item.key, []).append((tick, item.timestamp_ms))
    return found


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("batch", [5, 65_536])
def test_columns_are_the_records(kind: str, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_BATCH", batch)
    path = written(tmp_path / "bars.parquet", **ODD[kind])
    one, other = ReadReport(), ReadReport()
    columns = list(bar_columns.read_bars(path, "X", None, one))
    records = list(read_records(open_file(path, None, other)))
    assert flat(columns) == flat(records)
    assert list(flat(columns)) == list(flat(records))
    assert (one.rows, one.incomplete, one.rejected) == (other.rows, other.incomplete, other.rejected)
    assert sum(len(item.rows) for item in columns if isinstance(item, Bars)) >= 20


@pytest.mark.parametrize(
    "type_", [ARROW.timestamp("ns"), ARROW.timestamp("us", tz="UTC"), ARROW.date32(), ARROW.int64(), ARROW.string()]
)
def test_times_of_any_type(type_: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "bars.parquet")
    table = ARROW.parquet.read_table(path)
    times = table.column("ts").cast(ARROW.timestamp("ms")).cast(type_)
    table = table.set_column(table.schema.get_field_index("ts"), "ts", times)
    ARROW.parquet.write_table(table, path)
    columns = bar_columns.read_bars(path, "X", None, ReadReport())
    assert flat(list(columns)) == flat(list(read_records(open_file(path, None, ReadReport()))))


NOTHING = st.none()
EPOCHS = st.integers(START, START + 60 * DAY)
TEXTS = st.sampled_from(["2024-01-02", "2024-01-03T10:00:00Z", "1704240000", "soon", "", "2024-13-45"])
KINDS = {
    "int64": (ARROW.int64(), EPOCHS),
    "double": (ARROW.float64(), st.just(float("nan")) | EPOCHS.map(float)),
    "string": (ARROW.string(), TEXTS),
    "timestamp": (ARROW.timestamp("us"), st.integers(START * 1_000, (START + 60 * DAY) * 1_000)),
    "date": (ARROW.date32(), st.integers(0, 40_000)),
}
NUMBERS = st.sampled_from([None, float("nan"), float("inf"), -1.0, 0.0, 1.5, 2.0, 3.25, 1e300])
PRICES = st.sampled_from([1.5, 2.0, 3.25])  # most bars of a table are whole, and some of them a fault
SYMBOLS = st.sampled_from([None, "A", "A", "B", "two words", "", "Ä"])


@st.composite
def tables(draw: st.DrawFn) -> Any:
    """Tables of bars with any kind of times, holes and dirt; symbol and ingest_ts may be absent."""
    rows = draw(st.integers(1, 12))
    numbers = draw(st.sampled_from([NUMBERS, PRICES]))

    def column(type_: Any, values: st.SearchStrategy[Any]) -> Any:
        holes = draw(st.sampled_from([st.nothing(), NOTHING]))
        return ARROW.array(draw(st.lists(values | holes, min_size=rows, max_size=rows)), type_)

    found = {"ts": column(*KINDS[draw(st.sampled_from(sorted(KINDS)))])}
    found |= {name: column(ARROW.float64(), numbers) for name in ("open", "high", "low", "close", "volume")}
    if draw(st.booleans()):
        found["ingest_ts"] = column(*KINDS[draw(st.sampled_from(sorted(KINDS)))])
    if draw(st.booleans()):
        found["symbol"] = column(ARROW.string(), SYMBOLS)
    return ARROW.table(found)


class Written:
    """What a backtest writes, joined."""

    def __init__(self) -> None:
        self.decisions, self.rejections = b"", b""

    def write(self, lines: Lines) -> None:
        self.decisions += bytes(lines.decisions)
        self.rejections += lines.rejections


def live(records: list[Record]) -> tuple[list[bytes], list[bytes]]:
    """Decisions and rejections that a worker would publish of these records, in some order of symbols."""
    some = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    found: tuple[list[bytes], list[bytes]] = [], []
    for outcome in RecordEngine(EngineSettings()).process(some):
        found[isinstance(outcome, Rejection)].append(msgspec.json.encode(outcome))
    return found


@settings(max_examples=drawn(30, 250), deadline=None)
@given(tables(), st.sampled_from([3, 65_536]))
def test_random_files_are_decided_live_as_in_a_backtest(tmp_path_factory: Any, table: Any, batch: int) -> None:
    path = tmp_path_factory.mktemp("random") / "bars.parquet"
    ARROW.parquet.write_table(table, path)
    one, other = ReadReport(), ReadReport()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "_BATCH", batch)
        try:
            columns = list(bar_columns.read_bars(path, "X", "1d", one))
        except DataError as refusal:
            event("refused")
            with pytest.raises(DataError, match=re.escape(refusal.message)):
                list(read_records(open_file(path, "X", other), "1d"))
            return
    records = list(read_records(open_file(path, "X", other), "1d"))
    # Which row stands as the example of a fault depends on the order in which symbols are read.
    assert (one.rows, one.incomplete, one.rejected, one.examples.keys()) == (
        other.rows,
        other.incomplete,
        other.rejected,
        other.examples.keys(),
    )
    told, player = Written(), Player(EngineSettings())
    for tape in tapes(columns):
        player.play(tape, told)
    decisions, rejections = live(records)
    assert sorted(told.decisions.splitlines()) == sorted(decisions)
    assert sorted(told.rejections.splitlines()) == sorted(rejections)


def test_a_bar_without_a_time_is_no_bar_of_1970(tmp_path: Path) -> None:
    path = written(tmp_path / "bars.parquet", ts=(3, None))
    ARROW.parquet.write_table(ARROW.parquet.read_table(path).drop_columns(["ingest_ts"]), path)
    report = ReadReport()
    bars = [item for item in bar_columns.read_bars(path, "X", None, report) if isinstance(item, Bars)]
    assert sum(len(item.rows) for item in bars) == 23
    assert min(int(item.rows["ts"].min()) for item in bars) == START
    assert report.incomplete == 1


@pytest.mark.parametrize(
    ("type_", "times", "incomplete", "unreadable"),
    [
        (ARROW.float64(), [None] * 8 + [float(START), float("nan")], 9, 0),
        (ARROW.float64(), [float(START), float("inf"), 1e300, float(START + DAY)], 0, 2),
        (ARROW.string(), [None, "1704240000", None, "2024-01-02"], 2, 1),
        (ARROW.string(), ["20240102", *(str(1_704_240_000 + 86_400 * at) for at in range(9))], 0, 0),
        (ARROW.string(), ["2024-01-02", "2024-01-03", "2024-01-04", "14/02/2024"], 0, 0),
    ],
)
@pytest.mark.parametrize("batch", [1, 2, 3, 65_536])
def test_the_whole_column_says_what_its_cells_are(
    type_: Any, times: list[Any], incomplete: int, unreadable: int, batch: int, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = tmp_path / "bars.parquet"
    prices = {name: [2.0] * len(times) for name in ("open", "high", "low", "close", "volume")}
    ARROW.parquet.write_table(ARROW.table({"ts": ARROW.array(times, type_), **prices}), path)
    monkeypatch.setattr(parquet, "_BATCH", batch)
    report = ReadReport()
    list(bar_columns.read_bars(path, "X", "1d", report))
    assert report.rows == len(times)
    unstamped = report.rejected["the first bar has no time"]
    assert (report.incomplete + unstamped, report.rejected["the time cannot be read"]) == (incomplete, unreadable)
