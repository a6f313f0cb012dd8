"""Order, unit and zone of a time column are decided over all its cells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from worker.errors import DataError
from worker.sources.times.columns import TimeScan
from worker.sources.times.format import TimeFormat

EPOCHS = {"s": "epoch seconds", "ms": "epoch ms", "us": "epoch µs", "ns": "epoch ns"}
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def scanned(
    cells: list[str],
    form: str | None = None,
    zone: str | None = None,
    chunk: int = 4,
    column: str = "time",
    kind: str | None = None,
) -> tuple[TimeFormat, list[int]]:
    """The decision and the times that it gives, the cells fed in pieces."""
    scan = TimeScan("x.csv", column, form, zone, None, kind)
    pieces = [cells[at : at + chunk] for at in range(0, len(cells), chunk)]
    for piece in pieces:
        scan.feed(piece, np.zeros(len(piece), np.int64))
    found = scan.decide()
    clock = found.clock()
    times: list[int] = []
    for piece in pieces:
        times += found.convert(piece, clock, np.zeros(len(piece), np.int64))[0].tolist()
    return found, times


def ms(moment: datetime) -> int:
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)


@given(
    st.datetimes(datetime(1972, 1, 1), datetime(2099, 1, 1)), st.integers(1, 40), st.sampled_from(sorted(UNITS)),
    st.sampled_from([60, 3_600, 86_400]),
)  # fmt: skip
def test_every_unit_of_an_epoch_is_found(start: datetime, count: int, unit: str, step: int) -> None:
    seconds = [ms(start) // 1_000 + step * at for at in range(count)]
    found, times = scanned([str(second * UNITS[unit]) for second in seconds])
    assert found.label == {"s": "epoch seconds", "ms": "epoch ms", "us": "epoch µs", "ns": "epoch ns"}[unit]
    assert times == [second * 1_000 for second in seconds]


@given(st.dates(datetime(1975, 1, 1).date(), datetime(2099, 1, 1).date()), st.integers(32, 60))
def test_days_of_a_spreadsheet(start: object, count: int) -> None:
    first = (start - datetime(1899, 12, 30).date()).days  # type: ignore[operator]
    _, times = scanned([str(first + at) for at in range(count)])
    assert [time // 86_400_000 for time in times] == [first + at - 25_569 for at in range(count)]


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1)), st.integers(1, 60), st.booleans(), st.sampled_from("/-")
)
def test_the_order_is_the_true_one_or_refused(start: datetime, days: int, dayfirst: bool, separator: str) -> None:
    moments = [start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=at) for at in range(days)]
    form = "%d/%m/%Y" if dayfirst else "%m/%d/%Y"
    cells = [moment.strftime(form.replace("/", separator)) for moment in moments]
    if all(moment.day <= 12 for moment in moments) and any(moment.day != moment.month for moment in moments):
        with pytest.raises(DataError, match="no other cell decides"):
            scanned(cells)
        return
    _, times = scanned(cells)
    assert times == list(map(ms, moments))


def test_points_are_day_first_unless_a_cell_shows_the_contrary() -> None:
    assert scanned(["04.03.2024", "05.03.2024"])[1][0] == ms(datetime(2024, 3, 4))
    assert scanned(["03.04.2024", "03.14.2024"])[1][0] == ms(datetime(2024, 3, 4))


def test_dates_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(DataError, match="contradict") as caught:
        scanned(["14/03/2024", "03/14/2024", "04/03/2024"])
    assert "--date-format" in caught.value.fix
    _, times = scanned(["14/03/2024", "03/14/2024", "04/03/2024"], "dayfirst")
    assert times == [ms(datetime(2024, 3, 14)), 0, ms(datetime(2024, 3, 4))]


@pytest.mark.parametrize("cells", [["0", "1", "2"], ["5000", "5001"], ["99705600", "1709510400000", "3"], ["100000"]])
def test_numbers_of_no_plausible_year_are_refused(cells: list[str]) -> None:
    with pytest.raises(DataError, match="row numbers or times of an unknown unit") as caught:
        scanned(cells)
    assert "--column ts=" in caught.value.fix
    assert "--date-format" in caught.value.fix


def test_a_unit_that_is_given_is_not_doubted() -> None:
    assert scanned(["0", "1", "2"], "s")[1] == [0, 1_000, 2_000]


@pytest.mark.parametrize("chunk", [1, 3, 100])
@pytest.mark.parametrize(("coarse", "fine"), [("s", "ms"), ("ms", "us"), ("us", "ns")])
def test_a_unit_that_changes_in_order_is_read(coarse: str, fine: str, chunk: int) -> None:
    times = [1_735_603_200 + 3_600 * at for at in range(48)]
    cells = [str(time * UNITS[coarse if at < 5 else fine]) for at, time in enumerate(times)]
    found, read = scanned(cells, chunk=chunk, kind=f"{coarse} {fine}")
    assert read == [time * 1_000 for time in times]
    assert (found.label, found.rows) == (f"{found.label.split(' and ')[0]} and {EPOCHS[fine]}, by their digits", 48)
    # What is neither is no time.
    assert found.convert([cells[0], "17356032000000", "3"], None, np.zeros(3, np.int64))[2] == [1, 2]


def test_times_that_a_spreadsheet_has_rounded_are_refused() -> None:
    with pytest.raises(DataError, match=r"'1.70951E\+12'.* rounded"):
        scanned(["1.70951E+12", "1.70951E+12", "1.70952E+12"])
    # Programs write all digits.
    exact = ["1.709510400000000000e+12", "1.709510460000000000e+12"]
    assert scanned(exact)[1] == [1_709_510_400_000, 1_709_510_460_000]
    assert scanned(["1.70951046E12", "1.70951052E12"])[1] == [1_709_510_460_000, 1_709_510_520_000]


def test_a_unit_that_later_cells_refute_is_refused() -> None:
    cells = [str(1_709_510_400 + at) for at in range(4)] + [str(1_709_510_400_000 + at) for at in range(8)]
    with pytest.raises(DataError, match="changes its unit, 1709510400 "):
        scanned(cells, kind="s ms")


@given(
    st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)), st.sampled_from(["Europe/Berlin", "America/New_York"]),
    st.integers(2, 100), st.sampled_from([5, 15, 60]),
)  # fmt: skip
def test_a_zone_that_is_given(start: datetime, zone: str, count: int, minutes: int) -> None:
    first = start.replace(tzinfo=UTC, minute=0, second=0, microsecond=0)
    moments = [first + timedelta(minutes=minutes * at) for at in range(count)]
    local = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    assume(not all(moment.hour == 0 and moment.minute == 0 for moment in local))
    assume(not local[0].fold)  # the first bar of a series may lie in the second pass: nothing tells it
    _, times = scanned([f"{moment:%Y-%m-%d %H:%M}" for moment in local], zone=zone)
    assert times == list(map(ms, moments))


def test_an_hour_that_comes_twice_is_told_from_the_bars_of_the_chunk_before() -> None:
    cells = [f"2024-10-27 {clock}" for clock in ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")]
    found, times = scanned(cells, zone="Europe/Berlin", chunk=3)
    assert (found.steps.forward, found.steps.backward, dict(found.steps.sizes)) == (5, 0, {1_800_000: 5})
    assert [time - times[0] for time in times] == [1_800_000 * at for at in range(6)]


def test_midnights_of_a_zone_are_sessions_unless_there_are_weekends() -> None:
    berlin = [f"2024-03-{day:02} 00:00:00+01:00" for day in (25, 26, 27, 28, 29)]
    found, times = scanned(berlin)
    assert found.sessions
    assert times[0] == ms(datetime(2024, 3, 25))
    week = [f"2024-03-{day:02} 00:00:00+01:00" for day in range(18, 29)]
    found, times = scanned(week)
    assert not found.sessions
    assert times[0] == ms(datetime(2024, 3, 17, 23))


def test_dates_are_not_moved_by_a_zone() -> None:
    found, times = scanned(["2024-03-04", "2024-03-05", "2024-03-06"], zone="Asia/Tokyo")
    assert times[0] == ms(datetime(2024, 3, 4))
    assert found.sessions


def test_a_skipped_time_is_unreadable() -> None:
    found, _ = scanned(["2024-03-31 01:30", "2024-03-31 02:30", "2024-03-31 03:30"], zone="Europe/Berlin")
    cells = ["2024-03-31 02:30", "2024-03-31 03:30"]
    times, has, lost = found.convert(cells, found.clock(), np.zeros(2, np.int64))
    assert (has.tolist(), lost, times[1]) == ([False, True], [0], ms(datetime(2024, 3, 31, 1, 30)))


def test_a_row_without_a_time_does_not_hide_that_an_hour_comes_twice() -> None:
    cells = ["2024-10-27 01:30", "2024-10-27 02:30", "", "2024-10-27 02:00", "2024-10-27 03:00"]
    found, times = scanned(cells, zone="Europe/Berlin", chunk=5)
    utc = [datetime(2024, 10, 26, 23, 30), datetime(2024, 10, 27, 0, 30), datetime(2024, 10, 27, 1)]
    assert times == [*map(ms, utc[:2]), 0, ms(utc[2]), ms(datetime(2024, 10, 27, 2))]
    assert not found.once


def test_an_hour_with_one_pass_is_told() -> None:
    cells = ["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:30", "2024-10-27 03:00"]
    found, _ = scanned(cells, zone="Europe/Berlin")
    assert found.note.startswith("2 bars stand in an hour that Europe/Berlin repeats, the first on 2024-10-27")
    assert found.note.endswith("it is taken for the first; --repeated-hour second takes the other")
    offsets = [f"{cell}+01:00" for cell in cells]
    for quiet in (cells[::3], [*cells[:3], *cells[1:]], offsets):
        assert not scanned(quiet, zone="Europe/Berlin")[0].note
    assert not scanned(cells)[0].note


def test_an_open_order_is_not_read_where_the_others_are_clear() -> None:
    cells = ["2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07", "03/08/2024", "2024-03-09"]
    found, times = scanned(cells)
    assert times[4] == 0
    assert found.label == "dates, year first"


def test_cells_that_are_blank_at_first_decide_nothing() -> None:
    assert scanned(["", "", "", "", "1709510400", "1709510460"])[1][4:] == [1_709_510_400_000, 1_709_510_460_000]
    assert scanned(["", ""])[0].rows == 0
