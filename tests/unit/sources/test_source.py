"""Bars become records: interval, timestamps, order, and what cannot be published."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.tick import Tick, interval_ms
from worker.errors import ConfigError, DataError
from worker.sources.bars import batches_of
from worker.sources.intervals import Steps, check_interval, decide_interval, interval_text
from worker.sources.options import ReadOptions
from worker.sources.reading import Reading
from worker.sources.record import Bar, Record
from worker.sources.report import ReadReport
from worker.sources.source import Source, open_file, open_files, publishable, read_records, symbol_of_name
from worker.sources.tables.text import Chunk, TextTable

START = 1_704_153_600_000
MINUTE = 60_000


def bar(minute: float | None, symbol: str = "ABC", **fields: float) -> Bar:
    ts = None if minute is None else START + round(minute * MINUTE)
    return Bar(symbol, ts, 1.0, 2.0, 0.5, 1.5, 10.0)._replace(**fields)  # type: ignore[arg-type]


def records_of(
    bars: Iterable[Bar], interval: str | None = None, report: ReadReport | None = None, sort: bool = False
) -> list[Record]:
    return list(read_records(Source("test", iter(bars), None, report or ReadReport()), interval, sort))


def times(records: Iterable[Record]) -> list[int | None]:
    return [msgspec.json.decode(record.value, type=Tick).ts for record in records]


@given(st.integers(1, 10_000_000))
def test_an_interval_reads_back_as_it_was_written(length: int) -> None:
    text = interval_text(length)
    if len(text.rstrip("msdhw")) <= 6:
        assert interval_ms(text) == length


def decided(*minutes: float, symbols: str = "A") -> str:
    steps = Steps()
    for batch in batches_of([bar(m, s) for m in minutes for s in symbols]):
        steps.feed(batch.owners, batch.ts)
    return decide_interval(steps, "x")[0]


def test_the_interval_is_what_divides_all_steps() -> None:
    assert decided(0, 60, 120, symbols="AB") == "1h"
    assert decided(3, 2, 1) == "1m"
    # Thin minutes: most bars stand two minutes apart, but some only one.
    assert decided(0, 2, 4, 6, 7, 9, 11, 12, 14, 16, 17, 20) == "1m"
    day = 1_440
    assert decided(0, day, 2 * day, 5 * day, 6 * day) == "1d"
    assert decided(0, 7 * day, 14 * day, 28 * day) == "7d"  # from a Tuesday
    assert decided(-day, 6 * day, 13 * day, 27 * day) == "1w"
    assert decided(-day - 540, 6 * day - 540, 13 * day - 540) == "1w"  # Mondays in Tokyo
    # Weekly bars that stand for a holiday's week on its last day of trading.
    assert decided(0, 7 * day, 14 * day, 20 * day, 28 * day, 35 * day) == "1w"
    # Daily bars at the close of a session that is short before a holiday.
    assert decided(0, day, 2 * day, 3 * day - 180, 4 * day, 5 * day) == "1d"


def test_months_quarters_and_years_are_intervals_of_the_calendar() -> None:
    day = 1_440
    assert decided(0, 31 * day, 60 * day, 91 * day) == "1mo"
    assert decided(0, 91 * day, 182 * day, 274 * day) == "1q"
    assert decided(0, 366 * day, 731 * day, 1_096 * day) == "1y"
    assert decided(0, 28 * day, 56 * day) == "4w"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        ((0, 5, 10, 17, 24, 29, 36), "4 of 6 steps are 5m|3 of 6 steps are"),
        ((0, 5, 10, 15, 20, 25.5, 30, 35), "unsure"),
        # Nearer than the others at few times of day: a session that does not begin on the hour.
        (tuple(1_440 * day + at for day in range(20) for at in (570, 600, 660, 720, 780)), "60 of 99 steps are 1h"),
        ((0, 2, 4, 6, 7, 9, 11, 13, 15, 18), "7 of 9 steps are 2m, and only 1m fits all"),
    ],
)
def test_an_unsure_interval_is_asked_for(minutes: tuple[float, ...], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        decided(*minutes)
    assert "--interval" in caught.value.fix


def test_one_stray_bar_among_many_is_noted() -> None:
    steps = Steps()
    for batch in batches_of([bar(m * 5 + (0.5 if m == 150 else 0)) for m in range(400)]):
        steps.feed(batch.owners, batch.ts)
    text, note = decide_interval(steps, "x")
    assert (text, note) == ("5m", "2 of 399 steps are no multiple of 5m")


def test_one_bar_has_no_interval() -> None:
    with pytest.raises(DataError, match="fewer than two bars"):
        records_of([bar(0)])
    assert len(records_of([bar(0)], "1m")) == 1


def test_a_source_without_bars_is_noted() -> None:
    report = ReadReport()
    assert records_of([], report=report) == []
    assert report.notes == ["test holds no bars"]


def test_an_interval_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="no interval"):
        records_of([bar(0)], "1 minute")


def test_a_record_is_stamped_with_the_close_or_the_ingest_time() -> None:
    late = START + 9 * MINUTE
    records = records_of([bar(0), bar(1, ingest_ts=late), bar(None), bar(2)])
    assert [record.timestamp_ms for record in records] == [START + MINUTE, late, late, START + 3 * MINUTE]
    assert times(records) == [START, START + MINUTE, None, START + 2 * MINUTE]


def test_a_first_bar_without_time_has_no_timestamp() -> None:
    report = ReadReport()
    assert len(records_of([bar(None), bar(0), bar(1)], report=report)) == 2
    assert report.rejected == {"the first bar has no time": 1}


def test_incomplete_bars_are_published_as_null_and_counted() -> None:
    report = ReadReport()
    records = records_of([bar(0, open=math.nan), bar(1, volume=math.inf), bar(None), bar(2)], report=report)
    assert report.incomplete == 3
    assert b'"open":null' in records[0].value
    assert b'"volume":null' in records[1].value
    assert b'"ts"' not in records[2].value


def test_newest_first_is_noted_and_sorted_on_request() -> None:
    backward = [bar(m) for m in (3, 2, 1, 0)]
    report = ReadReport()
    assert times(records_of(backward, report=report)) == [b.ts for b in backward]
    assert "--sort" in report.notes[0]
    report = ReadReport()
    assert times(records_of(backward, report=report, sort=True)) == [b.ts for b in reversed(backward)]
    assert not report.notes


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from("AB")), min_size=1))
def test_sorting_is_stable(places: list[tuple[int, str]]) -> None:
    bars = [bar(minute, symbol, volume=float(n)) for n, (minute, symbol) in enumerate(places)]
    decoded = [msgspec.json.decode(r.value, type=Tick) for r in records_of(bars, "1m", sort=True)]
    assert [(tick.ts, tick.volume) for tick in decoded] == sorted((tick.ts or 0, tick.volume) for tick in decoded)


def test_times_that_kafka_cannot_hold_are_named() -> None:
    report = ReadReport()
    given_ = [Record(b"A", b"{}", stamp) for stamp in (-1, 0, 1_000, 1_001)]
    assert [record.timestamp_ms for record in publishable(given_, report, 1_000)] == [0, 1_000]
    assert [reason.split(",")[0] for reason in report.rejected] == [
        "the bar closes before 1970",
        "the bar closes further in the future than the topic allows",
    ]


def test_a_path_that_is_no_known_file_is_one_sentence(tmp_path: Path) -> None:
    other = tmp_path / "prices.xlsx"
    other.touch()
    with pytest.raises(DataError, match="unknown kind"):
        open_file(other, None, ReadReport())
    with pytest.raises(DataError, match="is no file"):
        open_file(tmp_path / "missing.csv", None, ReadReport())


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("btcusd.csv.gz", "BTCUSD"),
        ("S P Y.csv", "S_P_Y"),
        ("4063-T.csv", "4063-T"),
        ("BRK.A.csv", "BRK.A"),
        ("0700.HK.parquet", "0700.HK"),
        ("0700.KL", "0700.KL"),
        ("brk.b.txt.bz2", "BRK.B"),
        ("aapl.us.zip", "AAPL.US"),
        ("M\u00fcller.csv", "M%C3%9CLLER"),
        ("M\u00f6ller.csv", "M%C3%96LLER"),
        ("100%.csv", "100%25"),
        (".csv", ".CSV"),
    ],
)
def test_the_symbol_of_a_file_name_loses_nothing(name: str, symbol: str) -> None:
    assert symbol_of_name(Path("data") / name) == symbol


ROWS = "date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n2024-01-03,1.5,2,1,2,20\n"


def test_two_files_of_one_derived_symbol_are_refused(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "spy.csv", tmp_path / "b" / "SPY.csv"
    for path in (one, other):
        path.parent.mkdir()
        path.write_text(ROWS)
    with pytest.raises(DataError, match="both become the symbol SPY") as caught:
        open_files([one, other], None, ReadReport(), ReadOptions())
    assert "--symbol" in caught.value.fix
    assert len(open_files([one, other], "SPY", ReadReport(), ReadOptions())) == 2
    report = ReadReport()
    assert len(open_files([one, one], None, report, ReadOptions())) == 1
    assert report.notes == [f"{one} is given twice, and read once"]


def test_one_symbol_for_bars_of_two_lengths_is_refused(tmp_path: Path) -> None:
    days, hours = tmp_path / "days.csv", tmp_path / "hours.csv"
    days.write_text(ROWS)
    hours.write_text(ROWS.replace("2024-01-02", "2024-01-02 09:00").replace("2024-01-03", "2024-01-02 10:00"))
    with pytest.raises(DataError, match=r"different lengths in one series \(days.csv: 1d, hours.csv: 1h\)"):
        open_files([days, hours], "SPY", ReadReport(), ReadOptions(symbol="SPY"))


def test_a_folder_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "spy.csv").write_text(ROWS)
    (tmp_path / "notes.md").write_text("")
    with pytest.raises(DataError, match=r"is a folder; it holds spy.csv") as caught:
        open_file(tmp_path, None, ReadReport())
    assert f"{tmp_path}/*.csv" in caught.value.fix


def test_standard_input_needs_a_symbol(monkeypatch: pytest.MonkeyPatch) -> None:
    def feed(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    feed(ROWS)
    with pytest.raises(DataError, match="standard input has no name") as caught:
        open_file(Path("-"), None, ReadReport())
    assert "--symbol AAPL" in caught.value.fix
    feed(ROWS)
    assert open_file(Path("-"), "SPY", ReadReport()).reading
    feed("symbol," + ROWS.replace("2024", "SPY,2024"))
    assert open_file(Path("-"), None, ReadReport()).reading


def test_cells_that_cannot_be_read_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,6 shares\n2024-01-03,1,2,0.5,1.5,7 shares\n"
    )
    with pytest.raises(DataError, match="these cells are none: column 'volume', line 2: '6 shares'"):
        open_files([path], None, ReadReport(), ReadOptions())


def test_highs_below_lows_are_counted(tmp_path: Path) -> None:
    path, report = tmp_path / "x.csv", ReadReport()
    path.write_text("date,open,low,high,close,volume\n2024-01-02,1,2,0.5,1.5,10\n2024-01-03,1,2,0.5,1.5,10\n")
    assert len(list(read_records(open_file(path, None, report)))) == 2
    (note,) = report.told()
    assert note.startswith("2 rows have their high below the low")
    assert "--column high= and --column low=" in note


def test_a_name_too_long_for_a_symbol_is_refused(tmp_path: Path) -> None:
    path = tmp_path / f"{'x' * 65}.csv"
    path.write_text(ROWS)
    with pytest.raises(DataError, match="longer than 64"):
        open_file(path, None, ReadReport())
    assert open_file(path, "X", ReadReport()).reading


def test_a_file_without_one_readable_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for rows in ("", "2024-01-02,x,x,x,x,x\n", ",1,2,0.5,1.5,10\n", "2024-01-02,1,2,0.5,,10\n"):
        path.write_text(ROWS.splitlines()[0] + "\n" + rows)
        with pytest.raises(DataError, match=r"x\.csv"):
            open_files([path], None, ReadReport(), ReadOptions(interval="1d"))


@pytest.mark.parametrize(("stray", "passes"), [("13.02.2024", 1), ("soon", 2)])
def test_a_second_header_is_searched_only_where_no_order_of_dates_reads_a_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stray: str, passes: int
) -> None:
    path = tmp_path / "ABC.csv"
    days = ["05.02.2024", "06.02.2024", "07.02.2024", stray, "14.02.2024"]
    path.write_text("Date;Open;High;Low;Close;Volume\n" + "".join(f"{day};1,5;2,5;0,5;1,5;7\n" for day in days))
    taken = []

    class Counting(TextTable):
        def chunks(self, *args: Any, **named: Any) -> Iterator[Chunk]:
            taken.append(named)
            return super().chunks(*args, **named)

    monkeypatch.setattr("worker.sources.reading.TextTable", Counting)
    Reading(path, None, ReadOptions(), "ABC")
    assert len(taken) == passes


@pytest.mark.parametrize(
    ("text", "meant"),
    [("daily", "1d"), ("1D", "1d"), ("5min", "5m"), ("4 hours", "4h"), ("Weekly", "1w"), ("1month", "1mo")],
)
def test_an_interval_in_other_words_is_refused_with_the_right_one(text: str, meant: str) -> None:
    with pytest.raises(ConfigError, match="no interval") as caught:
        check_interval(text)
    assert caught.value.fix == f"Did you mean --interval {meant}?"
    assert check_interval(meant)


@pytest.mark.parametrize("text", ["1M", "soon", "", "-1d"])
def test_an_interval_that_means_nothing_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_interval(text)
    assert "for example 1m" in caught.value.fix
