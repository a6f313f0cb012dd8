"""Days as small numbers: counted from a first day, or spelled by six digits. The order and the weekends tell which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from worker.sources.intervals import Steps
from worker.sources.numbers import NEGLIGIBLE
from worker.sources.times import epochs
from worker.sources.times.dates import DAY_MS, Parsed, StrptimeTimes

SIX = {"%y%m%d": "YYMMDD", "%d%m%y": "DDMMYY", "%m%d%y": "MMDDYY"}
_ENOUGH = 10  # bars of which some would lie on a weekend, were the days not right


def _ms(year: int) -> int:
    return round(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000


_SHEET, _OTHERS = (_ms(1950), _ms(2100)), (_ms(1970), _ms(2035))  # years; the rarer ways have to earn belief


class DayCounts(epochs.EpochTimes):
    """Reader of days since a first one; nobody writes zeros in front of a count."""

    def read(self, cells: Sequence[str]) -> Parsed:
        """Read the times of some cells."""
        values, has, unreadable = epochs.values_of(cells)
        spelled = [row for row, cell in enumerate(cells) if cell.strip()[:1] == "0" and has[row]]
        has = has.copy()
        has[spelled] = False
        return self.of(values, has, sorted({*unreadable, *spelled}))


class SixDigits(StrptimeTimes):
    """Reader of dates of six digits; numbers have lost a zero in front."""

    def read(self, cells: Sequence[str]) -> Parsed:
        """Read the times of some cells."""
        return super().read([cell.strip().zfill(6) if cell.strip() else "" for cell in cells])


Reader = DayCounts | SixDigits


def readers() -> list[tuple[Reader, str]]:
    """Return all ways to read days as numbers, with their names."""
    counts: list[tuple[Reader, str]] = [(DayCounts(unit), epochs.NAMES[unit]) for unit in epochs.DAYS]
    return [*counts, *((SixDigits(form), f"dates of six digits, {name}") for form, name in SIX.items())]


class Way(Protocol):
    """What one reader has found in all cells of a column."""

    read: int
    lost: int
    steps: Steps
    midnights: bool
    weekend: int
    first: int | None
    last: int | None


def possible(ways: Sequence[Way]) -> tuple[list[int], bool]:
    """Return (places in `readers` of the ways that the cells allow, whether one of them is sure)."""
    found = [place for place, way in enumerate(ways) if _plausible(place, way)]
    found = [place for place in found if ordered(ways[place].steps)] or found
    if 0 in found:  # days of a spreadsheet are usual, months and years as six digits are not
        found = [place for place in found if place < len(epochs.DAYS) or not _long(ways[place].steps)]
    if len(weekdays := [place for place in found if _weekdays(ways[place])]) == 1:
        return weekdays, True
    # Without weekends left out, days since 1970 or 1960 look like numbers of rows.
    return found, len(found) == 1 and (found[0] == 0 or found[0] >= len(epochs.DAYS))


def _plausible(place: int, way: Way) -> bool:
    if way.first is None or way.last is None or way.lost > NEGLIGIBLE * (way.read + way.lost):
        return False
    low, high = _OTHERS if place else _SHEET
    return low <= way.first and way.last < high


def ordered(steps: Steps) -> bool:
    """Return whether nearly all bars of each symbol go on in one direction."""
    return min(steps.forward, steps.backward) <= NEGLIGIBLE * (steps.forward + steps.backward)


def _long(steps: Steps) -> bool:
    """Return whether most bars stand a month or more apart."""
    return sum(count for size, count in steps.sizes.items() if size >= 28 * DAY_MS) > sum(steps.sizes.values()) / 2


def _weekdays(way: Way) -> bool:
    """Return whether the bars leave the weekends out."""
    return (
        way.midnights and way.read >= _ENOUGH and 3 * DAY_MS in way.steps.sizes and way.weekend <= NEGLIGIBLE * way.read
    )
