"""Times of day as numbers: each spelling is read right by its whole column, or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from worker.sources.times.clocks import ClockScan

SPELLINGS: dict[str, Callable[[int], str]] = {
    "HHMM": lambda minute: f"{minute // 60:02}{minute % 60:02}",
    "HHMM as a number": lambda minute: str(minute // 60 * 100 + minute % 60),
    "HHMMSS": lambda minute: f"{minute // 60:02}{minute % 60:02}00",
    "HHMMSS as a number": lambda minute: str((minute // 60 * 100 + minute % 60) * 100),
    "minutes": str,
    "seconds": lambda minute: str(minute * 60),
    "ms": lambda minute: str(minute * 60_000),
    "fractions": lambda minute: f"{minute / 1_440:.6f}",
    "colons": lambda minute: f"{minute // 60}:{minute % 60:02}",
    "points": lambda minute: f"{minute // 60}.{minute % 60:02}",
}


def spelled(cells: list[str], chunk: int, days: int = 2) -> list[str]:
    """The cells as the scan of the whole column spells them, fed in pieces."""
    kind = None
    while True:
        scan = ClockScan("x.csv", "time", None, kind)
        for at in range(0, len(cells), chunk):
            piece = cells[at : at + chunk]
            scan.feed([f"day {(at + row) % days}" for row in range(len(piece))], piece)
        kind = scan.other_kind()
        if kind is None:
            return scan.spell(cells)


@given(
    st.sampled_from(sorted(SPELLINGS)), st.integers(0, 1_380), st.sampled_from([1, 5, 15, 30]), st.integers(20, 400),
    st.integers(1, 50),
)  # fmt: skip
def test_every_spelling_of_a_session_is_read(spelling: str, start: int, step: int, count: int, chunk: int) -> None:
    minutes = [minute for at in range(count) if (minute := start // step * step + at * step) < 1_440]
    assume(len(minutes) >= 20 and minutes[-1] >= 100)  # fewer can be read in two ways: see the layouts
    # A count is told from digits that spell a time by its ends from 60 to 99.
    assume(spelling != "minutes" or any(minute % 100 >= 60 for minute in minutes))
    found = spelled([SPELLINGS[spelling](minute) for minute in minutes], chunk)
    assert [cell.zfill(5) for cell in found] == [f"{minute // 60:02}:{minute % 60:02}" for minute in minutes]


def test_dirt_is_no_time_of_day_and_decides_nothing() -> None:
    cells = [str(9 * 100 + minute) for minute in range(60)] * 3
    assert spelled([*cells, "closed"], 7)[-1] == "closed"
    assert spelled([*cells, "2575"], 7)[-1] == "(2575)"
    assert spelled([*cells, ""], 7)[-1] == ""


@pytest.mark.parametrize("cells", [["0"], ["0", "0"], ["000000"], ["0000", "0000"]])
def test_midnights_are_midnights(cells: list[str]) -> None:
    assert set(spelled(cells, 1)) == {"00:00"}


def test_no_cells_say_nothing() -> None:
    assert spelled(["", " "], 1) == ["", ""]
