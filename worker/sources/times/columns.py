"""The time column of a file: format, unit and zone are decided over all its cells, before the first is believed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError
from worker.sources.intervals import Steps
from worker.sources.numbers import NEGLIGIBLE
from worker.sources.options import BUDDHIST, CALENDARS, ORDERS, ROC, SECOND, UNITS, zone_of
from worker.sources.times import calendars, daynumbers, epochs
from worker.sources.times.candidate import Candidate
from worker.sources.times.cells import Cells, ordered
from worker.sources.times.dates import Parsed, StrptimeTimes, TextTimes
from worker.sources.times.format import TimeFormat
from worker.sources.times.headers import Mark, doubt
from worker.sources.times.kinds import (
    BUDDHIST_DATES,
    CHANGES,
    DATES,
    DIGITS,
    ORDERED,
    Column,
    Evidence,
    Looked,
    Typed,
)
from worker.sources.times.parsing import Reader, read_column
from worker.sources.times.years import YearsFirst
from worker.sources.times.zones import Hour

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
ASSUMED = "UTC (assumed; --timezone names another)"
_WEEKEND = 0.1  # share of bars on weekends of those who trade all week; theirs are no sessions
_ABBREVIATION = (
    "{0} is the name of several zones: give --timezone, for example America/Chicago, and --date-format with {0} in it, "
    "for example '%Y-%m-%d %H:%M {0}'"
)
_FORMATS = "Give --date-format dayfirst, monthfirst, or a format of strptime such as %d.%m.%Y"


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
        mark: Mark | None = None,
        repeated: str | None = None,
    ) -> None:
        """Start.

        `hint` is the order of day and month by the vendor's marks, `kind` what an earlier scan found, `mark` the zone
        of the header, which counts if no `timezone` is given, `repeated` the pass of an hour that has only one.
        """
        self._name, self._column = name, column
        self._given, self._hint = date_format, hint
        self._zone = None if timezone is None else zone_of(timezone)
        self._zone_name = timezone
        self._repeated = repeated
        self._mark = mark if timezone is None else None
        if self._mark is not None and self._mark.readings:
            likeliest = self._mark.readings[0]
            self._zone = None if likeliest == "UTC" else zone_of(likeliest)
            self._zone_name = f"{likeliest} (by the header)"
        self._candidates: list[Candidate] = []
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
        if self._kind in _ORDERED and len(parsed) == 2 and not isinstance(column, Typed):
            self._look_at_order(column, parsed)
            self._years_first.feed(column, owners)
        for candidate, found in zip(self._candidates, parsed, strict=True):
            candidate.book(found, column, owners)

    @property
    def lost(self) -> int:
        """Cells that are neither times nor blank, in the reading that loses the fewest."""
        return min((candidate.lost for candidate in self._candidates), default=0)

    def _decided(self, column: Column) -> bool:
        """Return whether the column's type or the format given says how to read it."""
        given = self._given
        typed = isinstance(column, Typed) and column.zone is not None
        return typed or (given is not None and ("%" in given or given in (*UNITS, *CALENDARS)))

    def _way(self, reader: Reader | None, label: str) -> Candidate:
        return Candidate(reader, label, self._zone)

    def _begin(self, column: Column) -> list[Candidate]:
        if isinstance(column, Typed) and column.zone is not None:
            self._local = column.zone == ""
            return [self._way(None, "timestamps" + (f" in {column.zone}" if column.zone else ""))]
        given = self._given
        if given is not None and "%" in given:
            read = daynumbers.SixDigits if given in daynumbers.SIX else StrptimeTimes
            return [self._way(read(given), given)]
        if given is not None and given in UNITS:
            return [self._way(epochs.EpochTimes(given), epochs.NAMES[given])]
        if given == BUDDHIST and self._kind is None and not isinstance(column, Typed):
            open_order = any(map(ordered, Cells(column).kinds))
            self._kind = BUDDHIST_DATES[ORDERED if open_order else DATES]
        kind = self._kind = self._kind or self._evidence.kind()
        if ROC in (given, kind):
            return [self._way(TextTimes(None, ROC), f"dates, year first, {calendars.LABELS[ROC]}")]
        if kind in BUDDHIST_DATES.values() or given == BUDDHIST:
            return self._buddhist(given)
        if kind == DIGITS:
            return [self._way(self._evidence.digits, "dates as digits")]
        if kind == epochs.COUNTED:
            return [self._way(reader, label) for reader, label in daynumbers.readers()]
        if kind in CHANGES:
            coarse, fine = kind.split()
            label = f"{epochs.NAMES[coarse]} and {epochs.NAMES[fine]}, by their digits"
            return [self._way(epochs.TwoUnits(coarse, fine), label)]
        if kind not in {ORDERED, DATES}:
            assert kind is not None
            return [self._way(epochs.EpochTimes(kind), epochs.NAMES[kind])]
        if given in ORDERS:
            return [self._way(TextTimes(given == "dayfirst"), _ORDER_NAMES[given])]
        if kind == ORDERED:
            return [self._way(TextTimes(order == "dayfirst"), _ORDER_NAMES[order]) for order in ORDERS]
        return [self._way(TextTimes(None), _named(self._evidence.first))]

    def _buddhist(self, given: str | None) -> list[Candidate]:
        known = calendars.LABELS[BUDDHIST]
        if self._kind != BUDDHIST_DATES[ORDERED]:
            return [self._way(TextTimes(None, BUDDHIST), f"{_named(self._evidence.first)}, {known}")]
        return [
            self._way(TextTimes(order == "dayfirst", BUDDHIST), f"{_ORDER_NAMES[order]}, {known}")
            for order in ORDERS
            if given not in ORDERS or order == given
        ]

    def other_kind(self) -> str | None:
        """Return the kind of the whole column if it differs from the beginning's, to scan again as this; else None."""
        if self._kind in BUDDHIST_DATES.values():
            return None  # decided by the whole column
        found = self._evidence.kind()
        if found in BUDDHIST_DATES and any(2 * way.buddhist > way.read for way in self._candidates):
            found = BUDDHIST_DATES[found]
        return None if found == self._kind else found

    def _days(self) -> Candidate:
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

    def _other_calendar(self, chosen: Candidate) -> DataError:
        if chosen.buddhist > chosen.hijri:
            return DataError(
                f"{self._name}: the years in the time column {self._column!r}, such as {chosen.odd_year!r}, are "
                "Buddhist",
                "Leave --date-format out, or give --date-format buddhist",
            )
        return DataError(
            f"{self._name}: the years in the time column {self._column!r}, such as {chosen.odd_year!r}, are those of "
            "the solar or of the lunar Hijri calendar, which are not read",
            "Convert the dates to the Gregorian calendar",
        )

    def _implausible(self, value: float, readings: str = "") -> DataError:
        readings = readings or "; ".join(
            [f"{epochs.NAMES[unit]}: {epochs.show(value, unit)}" for unit in UNITS] + calendars.spelled(value)
        )
        return DataError(
            f"{self._name}: the numbers in the time column {self._column or '(unnamed)'!r} look like row numbers or "
            f"times of an unknown unit: {value:.15g} would be, read as {readings}",
            f"Give --column ts= the column of times, or --date-format {', '.join((*UNITS, *CALENDARS))} or %y%m%d",
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
            if (readings := calendars.two_digits(chosen.lost_sample)) is not None:
                raise DataError(
                    f"{self._name}: {chosen.lost_sample!r} in the time column {self._column!r} is {readings}",
                    "Give --date-format roc, or a format of strptime such as %y/%m/%d",
                )
            zone = re.search(r"\d ([A-Z]{2,5})$", chosen.lost_sample.strip())
            raise DataError(
                f"{self._name}: no cell of the time column {self._column or '(unnamed)'!r} can be read as a time, "
                f"for example {chosen.lost_sample!r}",
                _FORMATS if zone is None else _ABBREVIATION.format(zone[1]),
            )
        if 2 * max(chosen.buddhist, chosen.hijri) > chosen.read:
            raise self._other_calendar(chosen)
        if self._kind in CHANGES and not daynumbers.ordered(chosen.steps):
            raise self._changed()
        if chosen.halves is not None:
            chosen.halves.doubt(self._name, self._column)
        reader = chosen.reader
        weekly = chosen.read and chosen.weekend > _WEEKEND * chosen.read
        sessions = chosen.midnights and chosen.away and not weekly
        if self._mark is not None and chosen.naive and not sessions:
            doubt(self._mark, chosen.clock, chosen.midnights, self._name, self._column)
        steps = chosen.local_steps if sessions else chosen.steps
        first, last = (chosen.local_first, chosen.local_last) if sessions else (chosen.first, chosen.last)
        timezone = None if sessions or not chosen.naive else self._zone
        return TimeFormat(
            chosen.label, self._zone_label(chosen, sessions), reader, timezone, sessions, self._local, steps,
            chosen.read, first, last, isinstance(reader, TextTimes) and reader.by_ends, *self._once(chosen, timezone),
        )  # fmt: skip

    def _once(self, chosen: Candidate, timezone: tzinfo | None) -> tuple[frozenset[Hour], bool, str]:
        """Return (repeated hours that have one pass only, whether it is the second, what to say of it)."""
        clock = chosen.clock
        if timezone is None or clock is None or not (once := clock.once):
            return frozenset(), False, ""
        if self._repeated is not None:
            return once, self._repeated == SECOND, ""
        bars = sum(sum(clock.repeated[hour]) for hour in once)
        day = np.datetime64(min(day for _, day in once), "D")
        note = (
            f"{bars:,} {'bar stands' if bars == 1 else 'bars stand'} in an hour that {self._zone_name} repeats, the "
            f"first on {day}, with one pass only: it is taken for the first; --repeated-hour second takes the other"
        )
        return once, False, note

    def _zone_label(self, chosen: Candidate, sessions: bool) -> str:
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

    def _order(self) -> Candidate:
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

    def _doubt_formats(self, chosen: Candidate) -> None:
        """Refuse two formats in one column that do not put the bars in order together."""
        few = min(self._plain, chosen.read - self._plain)
        if few > NEGLIGIBLE * chosen.read and not daynumbers.ordered(chosen.steps):
            raise DataError(
                f"{self._name}: {self._open_sample!r} and {self._plain_sample!r} stand in the time column "
                f"{self._column!r}, and the bars are not in order: a spreadsheet may have read months as days",
                "Give the file as its vendor wrote it, or --date-format for the cells of one format",
            )

    def _ambiguous(self, day: Candidate, month: Candidate) -> DataError:
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


def _named(cells: Sequence[str]) -> str:
    """Return what the first cells of dates of a sure order are, for people."""
    if any(map(calendars.is_era, cells)):
        return "dates with the era's name"
    named = any(
        any(c.isascii() and c.isalpha() for c in calendars.unmarked(cell)[:7] if c not in "Tt") for cell in cells
    )
    return "dates with the month's name" if named else "dates, year first"


_ORDERED = (ORDERED, BUDDHIST_DATES[ORDERED])
_ORDER_NAMES = {"dayfirst": "day first", "monthfirst": "month first"}
