"""Dates and times of day in the spellings of vendors; strptime is the oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sources.times.cells import Cells
from worker.sources.times.dates import StrptimeTimes, TextTimes, parse_clock, parse_offset

FORMS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%d %B %Y",
    "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y", "%Y-%b-%d", "%a %b %d %Y", "%a, %d %b %Y", "%d%b%Y", "%d-%b-%y",
)  # fmt: skip
CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %H%M%S", " %I:%M %p", " %I:%M:%S%p", ", %H:%M", " %H:%M:%S.%f")
MOMENTS = st.datetimes(datetime(1969, 1, 1), datetime(2068, 12, 31))
MS = timedelta(milliseconds=1)


def local_ms(moment: datetime) -> int:
    return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // MS


@given(st.lists(MOMENTS, min_size=1, max_size=5), st.sampled_from(FORMS), st.sampled_from(CLOCKS), st.booleans())
def test_what_strftime_writes_is_read_as_strptime_reads_it(
    moments: list[datetime], form: str, clock: str, dayfirst: bool
) -> None:
    if form.startswith(("%d/%m", "%d-%m")):
        form = form if dayfirst else form.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m")
    cells = [moment.strftime(form + clock) for moment in moments]
    expected = [local_ms(datetime.strptime(cell, form + clock)) for cell in cells]
    if "." in form:
        dayfirst = True
    found = TextTimes(dayfirst).read(cells)
    assert found.has.all()
    assert found.local.tolist() == expected
    assert not found.zoned.any()
    assert StrptimeTimes(form + clock).read(cells).local.tolist() == expected


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("Z", 0), ("UTC", 0), (" GMT", 0), ("+02:00", 120), ("-0500", -300), ("GMT+0100", 60), ("GMT-0500", -300),
        ("UTC-05:30", -330),
        ("EST", -300), ("CEST", 120), ("GMT+0100 (CET)", 60), ("+5", 300),
    ],
)  # fmt: skip
def test_offsets(text: str, offset: int) -> None:
    assert parse_offset(text) == offset * 60_000


@pytest.mark.parametrize("text", ["CST", "BST", "soon", "+99:99", "", "X"])
def test_what_is_no_offset(text: str) -> None:
    assert parse_offset(text) is None


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("", 0),
        (" 9:05", 545),
        ("T24:00", 1_440),
        (" 12:00 AM", 0),
        (" 12:30 PM", 750),
        (" 1:00 p.m.", 780),
        (" 0930", 570),
    ],
)
def test_times_of_day(text: str, since: int) -> None:
    assert parse_clock(text) == (since * 60_000, None)


@pytest.mark.parametrize("text", [" 25:00", " 13:00 PM", " 09:60", " 9", " 24:01", " x"])
def test_what_is_no_time_of_day(text: str) -> None:
    assert parse_clock(text) is None


@pytest.mark.parametrize(
    "cell",
    ["4 March 2024", "Mar 04, 2024", "04-Mar-2024", "4. März 2024", "4 mars 2024", "4 marzo 2024", "2024-Mar-04"],
)
def test_names_of_months_in_several_languages(cell: str) -> None:
    assert TextTimes(None).read([cell]).local.tolist() == [local_ms(datetime(2024, 3, 4))]


@pytest.mark.parametrize("cell", ["2024-02-30", "31/04/2024", "soon", "2024", "1.5", "45.13.2024", "5 Foo 2024"])
def test_what_is_no_date(cell: str) -> None:
    found = TextTimes(True).read([cell, "2024-01-02", ""])
    assert (found.has.tolist(), found.unreadable) == ([False, True, False], [0])


def test_mixed_offsets_in_a_column() -> None:
    found = TextTimes(False).read(["2024-03-04 09:00+01:00", "2024-03-04 09:00", "2024-03-04T09:00Z"])
    assert found.offsets.tolist() == [3_600_000, 0, 0]
    assert found.zoned.tolist() == [True, False, True]
    assert len(np.unique(found.local)) == 1


@given(st.lists(st.text("1a. \n\r\u00e9\u0661", max_size=3), max_size=4), st.integers(0, 3))
def test_the_kinds_of_a_column_are_the_shapes_of_its_cells(cells: list[str], times: int) -> None:
    alike = Cells(cells * times)
    expected = [cell.replace("1", "0").replace("\n", " ") for cell in alike]
    assert alike.shapes == expected
    assert alike.kinds == set(expected)


@given(st.lists(st.sampled_from(["2024-03-04 09:00", "2024-03-05 10:30", "2024-03-04", "", "x", "2024-03-04 09:00Z"])))
def test_a_column_is_read_as_its_cells_are(cells: list[str]) -> None:
    found = TextTimes(None).read(cells)
    for row, one in enumerate(TextTimes(None).read([cell]) for cell in cells):
        assert (found.local[row], found.offsets[row]) == (one.local[0], one.offsets[0])
        assert (found.zoned[row], found.has[row]) == (one.zoned[0], one.has[0])
        assert (row in found.unreadable) == bool(one.unreadable)
