"""The time column of a file: format, unit and zone are decided over all its cells, before the first is believed."""

from __future__ import annotations

import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError
from worker.sources.intervals import Steps
from worker.sources.numbers import NEGLIGIBLE
from worker.sources.options import ORDERS, UNITS, zone_of
from worker.sources.times import daynumbers, epochs
from worker.sources.times.cells import Cells, ordered
from worker.sources.times.dates import DAY_MS, Parsed, StrptimeTimes, TextTimes
from worker.sources.times.halves import HalfDays
from worker.sources.times.kinds import CHANGES, DATES, DIGITS, ORDERED, Column, Evidence, Looked, Typed
from worker.sources.times.parsing import Reader, read_column
from worker.sources.times.years import YearsFirst
from worker.sources.times.zones import LocalClock

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
ASSUMED = "UTC (assumed; --timezone names another)"
_WEEKEND = 0.1  # share of bars on weekends of those who trade all week; theirs are no sessions
_YEARS = (-2_208_988_800_000, 4_102_444_800_000)  # 1900 to 2100
_ABBREVIATION = (
    "{0} is the name of several zones: give --timezone, for example America/Chicago, and --date-format with {0} in it, "
    "for example '%Y-%m-%d %H:%M {0}'"
)
_FORMATS = "Give --date-format dayfirst, monthfirst, or a format of strptime such as %d.%m.%Y"


class _Candidate:
    """One way to read the column, and what it has found so far."""

    def __init__(self, reader: Reader | None, label: str) -> None:
        self.reader, self.label = reader, label
        self.clock: LocalClock | None = None  # of all cells: an hour comes twice by the bars before it
        self.read = 0  # cells that are times
        self.lost = 0  # cells that are neither times nor blank
        self.lost_sample = ""
        self.steps, self.local_steps = Steps(), Steps()
        self.halves = HalfDays() if isinstance(reader, TextTimes) else None  # what a format of strptime says is sure
        self.midnights = True  # all times so far are local midnights
        self.away = False  # some offset is not zero
        self.zoned = self.naive = 0
        self.weekend = 0
        self.first: int | None = None
        self.last: int | None = None
        self.local_first: int | None = None
        self.local_last: int | None = None


class TimeFormat(NamedTuple):
    """How a column of times is read."""

    label: str  # for people
    zone: str  # for people
    reader: Reader | None  # None for columns that are no text
    timezone: ZoneInfo | None  # of times without an offset; None is UTC
    sessions: bool  # local midnights stand for dates
    local: bool  # typed times that carry no zone
    steps: Steps
    rows: int  # that have a time
    first: int | None
    last: int | None
    by_ends: bool = False  # the times are those at which the bars end

    def clock(self) -> LocalClock | None:
        """Return a new clock for one pass over the file."""
        return None if self.timezone is None else LocalClock(self.timezone)

    def convert(self, column: Column, clock: LocalClock | None, owners: Ints) -> tuple[Ints, Flags, list[int]]:
        """Return (epoch ms UTC with 0 for none, which there are, rows neither times nor blank) of some cells."""
        parsed = read_column(column, self.reader)
        if self.sessions:
            return np.where(parsed.has, parsed.local, 0), parsed.has, parsed.unreadable
        utc = np.where(parsed.zoned, parsed.local - parsed.offsets, parsed.local)
        naive = parsed.has & ~parsed.zoned
        if clock is None or not naive.any():
            return np.where(parsed.has, utc, 0), parsed.has, parsed.unreadable
        utc, exist = clock.to_utc(utc, owners, naive)
        skipped = np.flatnonzero(parsed.has & ~exist).tolist()
        has = parsed.has & exist
        return np.where(has, utc, 0), has, sorted({*parsed.unreadable, *skipped})


def looked_at(column: Column) -> Looked:
    """Wrap a column for the several readers that share it."""
    return column if isinstance(column, Typed) else Cells(column)


class TimeScan:
    """A scan of all cells of a time column."""

    def __init__(
        self,
        name: str,
        column: str,
        date_format: str | None,
        timezone: str | None,
        hint: str | None,
        kind: str | None = None,
    ) -> None:
        """Start; `hint` is the order of day and month by the vendor's marks, `kind` what an earlier scan found."""
        self._name, self._column = name, column
        self._given, self._hint = date_format, hint
        self._zone = None if timezone is None else zone_of(timezone)
        self._zone_name = timezone
        self._candidates: list[_Candidate] = []
        self._evidence = Evidence()
        self._kind = kind  # by which the candidates were chosen
        self._years_first = YearsFirst()
        self._only_day = self._only_month = 0  # cells that are dates in this order only
        self._dotted = True  # all dates so far are written with dots
        self._sample = ""
        self._plain = 0  # cells with the year first in a column of others
        self._plain_sample = self._open_sample = ""
        self._local = False

    def feed(self, column: Column, owners: Ints) -> None:
        """Look at some cells in their order; `owners` are the rows' symbols."""
        if not len(owners):
            return
        column = looked_at(column)
        if not self._decided(column):
            self._evidence.feed(column)
        if not self._candidates:
            if not (self._decided(column) or self._evidence.kind()):
                return  # nothing to decide by
            self._candidates = self._begin(column)
        parsed = [read_column(column, candidate.reader) for candidate in self._candidates]
        if self._kind == ORDERED and len(parsed) == 2 and not isinstance(column, Typed):
            self._look_at_order(column, parsed)
            self._years_first.feed(column, owners)
        for candidate, found in zip(self._candidates, parsed, strict=True):
            self._book(candidate, found, column, owners)

    @property
    def lost(self) -> int:
        """Cells that are neither times nor blank, in the reading that loses the fewest."""
        return min((candidate.lost for candidate in self._candidates), default=0)

    def _decided(self, column: Column) -> bool:
        """Return whether the column's type or the format given says how to read it."""
        given = self._given
        typed = isinstance(column, Typed) and column.zone is not None
        return typed or (given is not None and ("%" in given or given in UNITS))

    def _begin(self, column: Column) -> list[_Candidate]:
        if isinstance(column, Typed) and column.zone is not None:
            self._local = column.zone == ""
            return [_Candidate(None, "timestamps" + (f" in {column.zone}" if column.zone else ""))]
        given = self._given
        if given is not None and "%" in given:
            read = daynumbers.SixDigits if given in daynumbers.SIX else StrptimeTimes
            return [_Candidate(read(given), given)]
        if given is not None and given in UNITS:
            return [_Candidate(epochs.EpochTimes(given), epochs.NAMES[given])]
        kind = self._kind = self._kind or self._evidence.kind()
        if kind == DIGITS:
            return [_Candidate(self._evidence.digits, "dates as digits")]
        if kind == epochs.COUNTED:
            return [_Candidate(reader, label) for reader, label in daynumbers.readers()]
        if kind in CHANGES:
            coarse, fine = kind.split()
            label = f"{epochs.NAMES[coarse]} and {epochs.NAMES[fine]}, by their digits"
            return [_Candidate(epochs.TwoUnits(coarse, fine), label)]
        if kind not in {ORDERED, DATES}:
            assert kind is not None
            return [_Candidate(epochs.EpochTimes(kind), epochs.NAMES[kind])]
        if given in ORDERS:
            return [_Candidate(TextTimes(given == "dayfirst"), _ORDER_NAMES[given])]
        if kind == ORDERED:
            return [_Candidate(TextTimes(order == "dayfirst"), _ORDER_NAMES[order]) for order in ORDERS]
        named = any(any(c.isalpha() for c in cell[:7] if c not in "Tt") for cell in self._evidence.first)
        return [_Candidate(TextTimes(None), "dates with the month's name" if named else "dates, year first")]

    def other_kind(self) -> str | None:
        """Return the kind of the whole column if it differs from the beginning's, to scan again as this; else None."""
        found = self._evidence.kind()
        return None if found == self._kind else found

    def _days(self) -> _Candidate:
        """Return the one way to read days as numbers that the cells allow."""
        found, sure = daynumbers.possible(self._candidates)
        if sure:
            return self._candidates[found[0]]
        value = self._evidence.number
        assert value is not None
        shown = []
        for way in (self._candidates[place] for place in found):
            assert way.reader is not None
            day = np.datetime64(int(way.reader.read([f"{value:.0f}"]).local[0]), "ms").astype("datetime64[D]")
            shown.append(f"{way.label}: {day}")
        raise self._implausible(value, "; ".join(shown))

    def _changed(self) -> DataError:
        assert self._kind is not None
        coarse, fine = self._kind.split()
        first, second = (f"{self._evidence.firsts[unit]:.0f} ({epochs.NAMES[unit]})" for unit in (coarse, fine))
        return DataError(
            f"{self._name}: the time column {self._column!r} changes its unit, {first} and {second}, and the bars are "
            "not in order",
            f"Split the file where the unit changes, or give --date-format {coarse} or {fine}",
        )

    def _implausible(self, value: float, readings: str = "") -> DataError:
        readings = readings or "; ".join(f"{epochs.NAMES[unit]}: {epochs.show(value, unit)}" for unit in UNITS)
        return DataError(
            f"{self._name}: the numbers in the time column {self._column or '(unnamed)'!r} look like row numbers or "
            f"times of an unknown unit: {value:.15g} would be, read as {readings}",
            "Give --column ts= the column of times, or --date-format s, ms, us, ns, excel, days, sas or %y%m%d",
        )

    def _look_at_order(self, cells: Cells, parsed: list[Parsed]) -> None:
        day, month = parsed
        self._only_day += int(np.count_nonzero(day.has & ~month.has))
        self._only_month += int(np.count_nonzero(month.has & ~day.has))
        if not self._sample and (some := np.flatnonzero(day.has & month.has & (day.local != month.local))).size:
            self._sample = cells[int(some[0])]
        if self._dotted:
            self._dotted = all("." in shape[:3] for shape in cells.kinds if shape.strip())
        years = {shape for shape in cells.kinds if shape[:4] == "0000"}
        if years:
            plain = [cell for cell, shape in zip(cells, cells.shapes, strict=True) if shape in years]
            self._plain += len(plain)
            self._plain_sample = self._plain_sample or plain[0]
        if not self._open_sample and any(map(ordered, cells.kinds)):
            self._open_sample = next(cell for cell, shape in zip(cells, cells.shapes, strict=True) if ordered(shape))

    def _book(self, candidate: _Candidate, found: Parsed, column: Column, owners: Ints) -> None:
        rows = found.has
        candidate.read += int(np.count_nonzero(rows))
        candidate.lost += len(found.unreadable)
        if found.unreadable and not candidate.lost_sample:
            row = found.unreadable[0]
            candidate.lost_sample = f"{column.values[row]}" if isinstance(column, Typed) else column[row]
        local, whose = (found.local, owners) if rows.all() else (found.local[rows], owners[rows])
        if not len(local):
            return
        if candidate.halves is not None:
            candidate.halves.feed(whose, local)
        utc, zoned = found.local - found.offsets, found.zoned
        if not rows.all():
            utc, zoned = utc[rows], zoned[rows]
        many = int(np.count_nonzero(zoned))
        candidate.zoned += many
        candidate.naive += len(local) - many
        zone = self._zone
        if zone is not None and many < len(local):
            candidate.clock = candidate.clock or LocalClock(zone)
            utc, _ = candidate.clock.to_utc(utc, whose, ~zoned)
        candidate.away |= bool((utc != local).any())
        candidate.midnights &= not (local % DAY_MS).any()
        if candidate.midnights:
            candidate.weekend += int(np.count_nonzero((local // DAY_MS + 3) % 7 >= 5))
            candidate.local_steps.feed(*_known_years(whose, local))
        candidate.steps.feed(*_known_years(whose, utc))
        low, high = int(utc.min()), int(utc.max())
        candidate.first = low if candidate.first is None else min(candidate.first, low)
        candidate.last = high if candidate.last is None else max(candidate.last, high)
        low, high = int(local.min()), int(local.max())
        candidate.local_first = low if candidate.local_first is None else min(candidate.local_first, low)
        candidate.local_last = high if candidate.local_last is None else max(candidate.local_last, high)

    def decide(self) -> TimeFormat:
        """Decide the format of the column.

        Raises:
            DataError: it can be read in two ways, or in none.
        """
        if not self._candidates:
            return TimeFormat("no times", "", TextTimes(None), None, False, False, Steps(), 0, None, None)
        kind = self._evidence.kind()
        if kind is not None and (odd := self._evidence.implausible(kind, bool(self._column.strip()))) is not None:
            raise self._implausible(odd)
        if (rounded := self._evidence.rounded) is not None:
            raise DataError(
                f"{self._name}: the times in {self._column!r}, such as {rounded!r}, are rounded to six digits, as "
                "spreadsheets save long numbers",
                "Give the file as its vendor wrote it, or save the column in the format 0",
            )
        chosen = self._candidates[0]
        if self._kind == epochs.COUNTED and len(self._candidates) > 1:
            chosen = self._days()
        elif len(self._candidates) == 2:
            chosen = self._order()
            self._years_first.doubt(self._name, self._column, chosen.label, chosen.steps)
            self._doubt_formats(chosen)
        if not chosen.read and chosen.lost:
            zone = re.search(r"\d ([A-Z]{2,5})$", chosen.lost_sample.strip())
            raise DataError(
                f"{self._name}: no cell of the time column {self._column or '(unnamed)'!r} can be read as a time, "
                f"for example {chosen.lost_sample!r}",
                _FORMATS if zone is None else _ABBREVIATION.format(zone[1]),
            )
        if self._kind in CHANGES and not daynumbers.ordered(chosen.steps):
            raise self._changed()
        if chosen.halves is not None:
            chosen.halves.doubt(self._name, self._column)
        reader = chosen.reader
        weekly = chosen.read and chosen.weekend > _WEEKEND * chosen.read
        sessions = chosen.midnights and chosen.away and not weekly
        steps = chosen.local_steps if sessions else chosen.steps
        first, last = (chosen.local_first, chosen.local_last) if sessions else (chosen.first, chosen.last)
        timezone = None if sessions or not chosen.naive else self._zone
        return TimeFormat(
            chosen.label, self._zone_label(chosen, sessions), reader, timezone, sessions, self._local, steps,
            chosen.read, first, last, isinstance(reader, TextTimes) and reader.by_ends,
        )  # fmt: skip

    def _zone_label(self, chosen: _Candidate, sessions: bool) -> str:
        if sessions:
            return "dates of sessions (local midnights)"
        if isinstance(chosen.reader, epochs.EpochTimes) and chosen.zoned:
            return "UTC (epoch)"
        if chosen.zoned and not chosen.naive:
            return "offsets in the cells" if chosen.away else "UTC"
        named = self._zone_name or ASSUMED
        if chosen.midnights and not self._zone_name:
            return "UTC (dates)"
        return f"offsets in the cells, else {named}" if chosen.zoned else named

    def _order(self) -> _Candidate:
        day, month = self._candidates
        # What only one of the two can read speaks for it.
        if not self._only_day and not self._only_month:
            if not self._sample:
                return day  # every date has equal day and month, or only one is read
            if self._hint is not None:
                return day if self._hint == "dayfirst" else month
            if self._dotted:
                return day  # nobody writes months first with dots
            raise self._ambiguous(day, month)
        few, many = (day, month) if self._only_day < self._only_month else (month, day)
        if min(self._only_day, self._only_month) > NEGLIGIBLE * many.read:
            raise DataError(
                f"{self._name}: the dates in {self._column!r} contradict each other: {few.lost_sample!r} is none "
                f"with the {few.label}, {many.lost_sample!r} none with the {many.label}",
                "Give --date-format dayfirst or --date-format monthfirst (what does not fit is counted as unreadable)",
            )
        return many

    def _doubt_formats(self, chosen: _Candidate) -> None:
        """Refuse two formats in one column that do not put the bars in order together."""
        few = min(self._plain, chosen.read - self._plain)
        if few > NEGLIGIBLE * chosen.read and not daynumbers.ordered(chosen.steps):
            raise DataError(
                f"{self._name}: {self._open_sample!r} and {self._plain_sample!r} stand in the time column "
                f"{self._column!r}, and the bars are not in order: a spreadsheet may have read months as days",
                "Give the file as its vendor wrote it, or --date-format for the cells of one format",
            )

    def _ambiguous(self, day: _Candidate, month: _Candidate) -> DataError:
        readings = []
        for candidate in (day, month):
            assert candidate.reader is not None
            found = candidate.reader.read([self._sample])
            stands = np.datetime64(int(found.local[0]), "ms").astype("datetime64[s]")
            readings.append(f"{str(stands).replace('T00:00:00', '').replace('T', ' ')} with the {candidate.label}")
        return DataError(
            f"{self._name}: {self._sample!r} in the time column {self._column!r} is {readings[0]} and {readings[1]}, "
            "and no other cell decides",
            "Give --date-format dayfirst or --date-format monthfirst",
        )


def _known_years(owners: Ints, times: Ints) -> tuple[Ints, Ints]:
    """Drop times of implausible years: one typing error would hide the interval of a thousand bars."""
    if times.min() >= _YEARS[0] and times.max() < _YEARS[1]:
        return owners, times
    known = (times >= _YEARS[0]) & (times < _YEARS[1])
    return owners[known], times[known]


_ORDER_NAMES = {"dayfirst": "day first", "monthfirst": "month first"}
