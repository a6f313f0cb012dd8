"""Dates and times of day as text: what they say in a given order of day and month.

A file has few distinct dates and times of day, so each is parsed once and looked up from then on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.sources.numbers import BLANK
from worker.sources.options import ROC
from worker.sources.times.calendars import AHEAD, unmarked, year_of_era
from worker.sources.times.cells import Cells

DAY_MS = 86_400_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_MEMO = 300_000  # parsed pieces to keep

_CLOCK = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,:](?P<f>\d{1,9}))?)?\s?(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"|(?P<h2>\d{2})(?P<m2>\d{2})(?P<s2>\d{2})?(?:\.(?P<f2>\d{1,9}))?"
)
_OFFSET = re.compile(r"\s?(?:(?:UTC|GMT|Z)\s?)?(?:(?P<sign>[+-])(?P<h>\d{1,2}):?(?P<m>\d{2})?)?(?:\s?\([^()]*\))?")
_NAMED = {"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2, "EET": 2,
          "EEST": 3, "JST": 9, "HKT": 8}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio ene gen",
            "feb february februar fevrier febrero febbraio fev fevr",
            "mar march marz maerz mars marzo mrz",
            "apr april avril abril aprile avr abr",
            "may mai mayo maggio mag",
            "jun june juni juin junio giugno giu",
            "jul july juli juillet julio luglio juil lug",
            "aug august aout agosto aou ago",
            "sep sept september septembre septiembre settembre set",
            "oct october oktober octobre octubre ottobre okt ott",
            "nov november novembre noviembre",
            "dec december dezember decembre diciembre dicembre dez dic",
        ),
        1,
    )
    for name in names.split()
}


class Parsed(NamedTuple):
    """Cells as times; `local` is in epoch ms as if the cells were UTC, `offsets` in ms where `zoned`."""

    local: NDArray[np.int64]
    offsets: NDArray[np.int64]
    zoned: NDArray[np.bool_]
    has: NDArray[np.bool_]
    unreadable: list[int]


Clock = tuple[int, "int | None"]  # ms since midnight, offset from UTC in ms or None


class _Clocks(dict[str, "Clock | None"]):
    """What stands behind the date → (ms since midnight, offset in ms or None); None for what is no time of day."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: set[str] = set()  # texts that are 24:00
        self.begins = False  # some text is 00:00

    def __missing__(self, text: str) -> Clock | None:
        if len(self) > _MEMO:
            self.clear()
        found = self[text] = parse_clock(text)
        if found is not None and found[0] == DAY_MS:
            self.ends.add(text)
        self.begins = self.begins or (found is not None and not found[0] and bool(text.strip()))
        return found


class _Dates(dict[str, "int | None"]):
    """A date → epoch ms; None for what is none in this order and calendar."""

    def __init__(self, dayfirst: bool | None, calendar: str | None) -> None:
        super().__init__()
        self._dayfirst, self._calendar = dayfirst, calendar

    def __missing__(self, text: str) -> int | None:
        if len(self) > _MEMO:
            self.clear()
        found = self[text] = parse_date(text, self._dayfirst, self._calendar)
        return found


class TextTimes:
    """Reader of texts as dates with or without a time of day; with None, dates whose order is open are not read."""

    def __init__(self, dayfirst: bool | None, calendar: str | None = None) -> None:
        self._dates, self._clocks = _Dates(dayfirst, calendar), _Clocks()
        self._ends = 0  # cells that are 24:00

    @property
    def by_ends(self) -> bool:
        """Whether days end with a bar at 24:00 and none begins with one at 00:00: one stray 24:00 shows nothing."""
        days = sum(day is not None for day in self._dates.values())
        return not self._clocks.begins and 2 * self._ends >= max(days, 1)

    def read(self, cells: Sequence[str]) -> Parsed:
        """Read the times of some cells; the same `Cells` are read only once."""
        cells = cells if isinstance(cells, Cells) else Cells(cells)
        if (found := cells.read_by.get(self)) is None:
            found = cells.read_by[self] = self._read(cells)
        return found

    def _read(self, cells: Cells) -> Parsed:
        count, (days, rests) = len(cells), cells.pieces
        known = {rest: clock for rest in set(rests) if (clock := self._clocks[rest]) is not None}
        since = {rest: clock[0] for rest, clock in known.items()}
        self._ends += sum(rests.count(rest) for rest in self._clocks.ends & known.keys())
        try:
            local = np.fromiter(map(self._dates.__getitem__, days), np.int64, count)
            local += np.fromiter(map(since.__getitem__, rests), np.int64, count)
        except (TypeError, KeyError):  # some cell is no time
            return _with_holes(cells, [self._dates[day] for day in days], [known.get(rest) for rest in rests])
        zones = {rest: zone for rest, (_, zone) in known.items()}
        if len(distinct := set(zones.values())) == 1:
            zone = distinct.pop()
            offsets, zoned = np.full(count, zone or 0, np.int64), np.full(count, zone is not None)
        else:
            offsets = np.fromiter((zones[rest] or 0 for rest in rests), np.int64, count)
            zoned = np.fromiter((zones[rest] is not None for rest in rests), np.bool_, count)
        return Parsed(local, offsets, zoned, np.ones(count, np.bool_), [])


def _with_holes(cells: Sequence[str], days: list[int | None], clocks: list[Clock | None]) -> Parsed:
    count = len(cells)
    local, offsets = np.zeros(count, np.int64), np.zeros(count, np.int64)
    zoned, has, unreadable = np.zeros(count, np.bool_), np.zeros(count, np.bool_), []
    for row, (cell, day, clock) in enumerate(zip(cells, days, clocks, strict=True)):
        if day is not None and clock is not None:
            local[row], has[row] = day + clock[0], True
            offsets[row], zoned[row] = clock[1] or 0, clock[1] is not None
        elif cell.strip().lower() not in BLANK:
            unreadable.append(row)
    return Parsed(local, offsets, zoned, has, unreadable)


class StrptimeTimes:
    """Reader of texts by a format that the user gave."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._memo: dict[str, Clock | None] = {}

    def read(self, cells: Sequence[str]) -> Parsed:
        """Read the times of some cells."""
        found = [self._one(cell) for cell in cells]
        days = [None if each is None else 0 for each in found]
        return _with_holes(cells, days, found)

    def _one(self, cell: str) -> Clock | None:
        if cell not in self._memo:
            if len(self._memo) > _MEMO:
                self._memo.clear()
            try:
                moment = datetime.strptime(cell.strip(), self._form)
            except ValueError:
                self._memo[cell] = None
            else:
                offset = moment.utcoffset()
                local = moment.replace(tzinfo=UTC) - _EPOCH
                self._memo[cell] = local // _MS, None if offset is None else offset // _MS
        return self._memo[cell]


def parse_date(text: str, dayfirst: bool | None = None, calendar: str | None = None) -> int | None:
    """Return epoch ms of a date's midnight UTC; None for what is none, and for an open order of day and month."""
    text = unmarked(text)
    parts = re.findall(r"\d+|[^\W\d_]+", text)
    names = [part for part in parts if not part.isdigit() and part.lower() not in {"st", "nd", "rd", "th"}]
    found = [part for part in parts if part.isdigit()]
    if not names and len(found) == 1 and (split := len(found[0]) - 4) in ((2, 3) if calendar == ROC else (4,)):
        found = [text[:split], text[split : split + 2], text[split + 2 :]]
    if names and len(names) == 1 and len(found) == 2:
        month = _MONTHS.get(_folded(names[0]))
        day, year = (found[1], found[0]) if len(found[0]) == 4 else (found[0], found[1])
        return None if month is None else _midnight(year, month, int(day), calendar)
    if names and len(names) == 1 and len(found) == 3:
        era = year_of_era(names[0], found[0])
        return None if era is None else _midnight(f"{era}", int(found[1]), int(found[2]))
    if names or len(found) != 3:
        return None
    if len(found[0]) == 4 or calendar == ROC:
        return _midnight(found[0], int(found[1]), int(found[2]), calendar)
    if dayfirst is None or len(found[0]) > 2:
        return None
    day, month = (found[0], int(found[1])) if dayfirst else (found[1], int(found[0]))
    return _midnight(found[2], month, int(day), calendar)


def _folded(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))


def _midnight(year: str, month: int, day: int, calendar: str | None = None) -> int | None:
    if len(year) == 2 and calendar is None:  # POSIX strptime's %y: 69-99 are the 1900s
        year = ("19" if year >= "69" else "20") + year
    try:
        return (date(int(year) - AHEAD.get(calendar or "", 0), month, day).toordinal() - _EPOCH_DAY) * DAY_MS
    except ValueError:
        return None


def parse_clock(text: str) -> Clock | None:
    """Return (ms since midnight, offset from UTC in ms or None) of what follows a date; None if it is neither."""
    rest = text.strip(" ,;_").removeprefix("- ")
    if rest[:1] in {"T", "t"} and rest[1:2].isdigit():
        rest = rest[1:]
    if not rest:
        return 0, None
    since = 0
    if rest[0].isdigit():
        match = _CLOCK.match(rest)
        if match is None or (since_midnight := _since(match)) is None:
            return None
        since, rest = since_midnight, rest[match.end() :]
        if not rest:
            return since, None
    return None if (offset := parse_offset(rest)) is None else (since, offset)


def _since(match: re.Match[str]) -> int | None:
    hour, minute = int(match["h"] or match["h2"]), int(match["m"] or match["m2"])
    second = int(match["s"] or match["s2"] or 0)
    if half := match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    fraction = int(((match["f"] or match["f2"] or "") + "000")[:3])
    ms = ((hour * 60 + minute) * 60 + second) * 1_000 + fraction
    return ms if minute < 60 and second < 60 and ms <= DAY_MS else None


def parse_offset(text: str) -> int | None:
    """Parse an offset from UTC to ms: `Z`, `UTC`, `+02:00`, `GMT-0500 (EST)` or a usual abbreviation; else None."""
    name = text.strip()
    if name.upper() in _NAMED:
        return _NAMED[name.upper()] * 3_600_000
    match = _OFFSET.fullmatch(name.upper() if len(name) < 5 else name)
    if match is None or not name:
        return None
    minutes = int(match["h"] or 0) * 60 + int(match["m"] or 0)
    offset = timezone(timedelta(minutes=minutes if match["sign"] != "-" else -minutes)) if minutes < 1_440 else None
    return None if offset is None else (offset.utcoffset(None) // _MS)
