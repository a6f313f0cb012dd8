"""Zones that the header of a column of times names: `Time (EET)`, `Date (UTC+2)`, `Gmt time`, `datetime_jst`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from worker.errors import ConfigError, DataError
from worker.sources.options import offset_of, zone_of
from worker.sources.times.zones import LocalClock

# What an abbreviation can mean, the likelier first. Most stand for the zone all year and for its winter time alike.
_ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    "UTC": ("UTC",), "GMT": ("UTC",), "JST": ("Asia/Tokyo",), "KST": ("Asia/Seoul",), "HKT": ("Asia/Hong_Kong",),
    "SGT": ("Asia/Singapore",), "MSK": ("Europe/Moscow",), "AWST": ("Australia/Perth",), "ET": ("America/New_York",),
    "EST": ("America/New_York", "UTC-5"), "EDT": ("America/New_York", "UTC-4"),
    "CST": ("America/Chicago", "UTC-6", "Asia/Shanghai"), "CDT": ("America/Chicago", "UTC-5"),
    "MST": ("America/Denver", "UTC-7"), "MDT": ("America/Denver", "UTC-6"),
    "PST": ("America/Los_Angeles", "UTC-8"), "PDT": ("America/Los_Angeles", "UTC-7"),
    "WET": ("Europe/Lisbon", "UTC"), "WEST": ("Europe/Lisbon", "UTC+1"),
    "CET": ("Europe/Berlin", "UTC+1"), "CEST": ("Europe/Berlin", "UTC+2"),
    "MEZ": ("Europe/Berlin", "UTC+1"), "MESZ": ("Europe/Berlin", "UTC+2"),
    "EET": ("Europe/Athens", "UTC+2"), "EEST": ("Europe/Athens", "UTC+3"),
    "BST": ("Europe/London", "UTC+1", "Asia/Dhaka"), "IST": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "AEST": ("Australia/Sydney", "Australia/Brisbane"), "AEDT": ("Australia/Sydney", "UTC+11"),
    "NZST": ("Pacific/Auckland", "UTC+12"), "NZDT": ("Pacific/Auckland", "UTC+13"),
    "BRT": ("America/Sao_Paulo", "UTC-3"),
}  # fmt: skip
_PLACES = {"LOCAL", "EXCHANGE", "SERVER", "BROKER", "MARKET"}  # of which only the user knows the zone
_REGIONS = ("America", "Europe", "Asia", "Australia", "Africa", "Pacific")
_BRACKETS = re.compile(r"(.+?)\s*[(\[{]\s*([^()\[\]{}]{2,40}?)\s*[)\]}]\s*")
_BEHIND = re.compile(r"(.+?)[\s_.-]+([A-Za-z]{2,8}|(?:UTC|GMT)[+-]\d{1,2}(?::?\d{2})?)", re.IGNORECASE)
_BEFORE = re.compile(r"([A-Za-z]{2,8})[\s_.-]+(.+)")
_JOINED = re.compile(
    r"(?P<base>date_?time|timestamp|open_?time|time|date)(?P<zone>[a-z]{2,5})|(?P<first>[a-z]{3,5})(?P<last>time|date)",
    re.IGNORECASE,
)


class Mark(NamedTuple):
    """A zone in a header."""

    base: str  # the header without it
    zone: str  # as it is written
    readings: tuple[str, ...]  # names for `zone_of`, the likelier first; none where only the user knows

    @property
    def rank(self) -> int:
        """How sure the times of such a column are: UTC first."""
        return 2 if len(self.readings) != 1 else 0 if self.readings == ("UTC",) else 1


def mark_of(header: str) -> Mark | None:
    """Return the zone in a header; None where there is none. What is left of the header may be no word for times."""
    text = header.strip()
    if text.upper() == "UTC":
        return Mark(text, text, ("UTC",))
    if match := _BRACKETS.fullmatch(text):
        return _mark(match[1], match[2], placed=True)
    if (match := _BEHIND.fullmatch(text)) and (found := _mark(match[1], match[2])):
        return found
    if (match := _BEFORE.fullmatch(text)) and (found := _mark(match[2], match[1])):
        return found
    if match := _JOINED.fullmatch(text):
        return _mark(match["base"] or match["last"], match["zone"] or match["first"])
    return None


def mark_of_times(name: str, header: Sequence[str], ts: int, clock: int | None) -> Mark | None:
    """Return the zone that the headers of a column of times, and of its times of day, name; None for none.

    Raises:
        DataError: they name two.
    """
    found = [mark for at in (clock, ts) if at is not None and (mark := mark_of(header[at])) is not None]
    if len(found) == 2 and found[0].readings != found[1].readings:
        raise DataError(
            f"{name}: {header[ts].strip()!r} and {header[clock or 0].strip()!r} name two time zones",
            "Give --timezone, or --column ts= and --column clock= of one zone",
        )
    return found[0] if found else None


def doubt(mark: Mark, clock: LocalClock | None, dates: bool, name: str, column: str) -> None:
    """Refuse a zone that means several ones for the times that `clock` has seen; `dates` are times of no zone.

    Raises:
        DataError: the times are not the same in all zones that the header can mean.
    """
    if not mark.readings and not dates:
        raise DataError(
            f"{name}: the times in {column!r} are those of some place, and no zone is named",
            "Give --timezone, for example --timezone Europe/Berlin",
        )
    local = None
    for other in mark.readings[1:]:
        local = clock.differs(zone_of(other)) if clock is not None and local is None else local
    if local is not None:
        shown = (f"{_text(local - LocalClock(zone_of(each)).offset(local))} UTC by {each}" for each in mark.readings)
        raise DataError(
            f"{name}: {_text(local)} in the time column {column!r} is {' and '.join(shown)}",
            "Give " + " or ".join(f"--timezone {each}" for each in mark.readings),
        )


def _text(ms: int) -> str:
    return str(np.datetime64(ms, "ms").astype("datetime64[m]")).replace("T", " ")


def _mark(base: str, zone: str, placed: bool = False) -> Mark | None:
    """Return the mark of a zone, `placed` where it stands in brackets and may be a city; None for what is no zone."""
    name = zone.upper().removesuffix(" TIME").strip()
    if name in _ABBREVIATIONS:
        return Mark(base, zone, _ABBREVIATIONS[name])
    if name in _PLACES:
        return Mark(base, zone, ())
    if (offset := offset_of(zone)) is not None:
        return Mark(base, zone, (name.replace(" ", "") if offset else "UTC",))
    if not placed:
        return None
    city = "_".join(word.capitalize() for word in name.split())
    for full in (zone, *(f"{region}/{city}" for region in _REGIONS)) if len(city) > 3 else (zone,):
        if "/" in full and _exists(full):
            return Mark(base, zone, (full,))
    return None


def _exists(zone: str) -> bool:
    try:
        zone_of(zone)
    except ConfigError:
        return False
    return True
