"""Reads bar times in the spellings that data vendors use. Naive times are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_LIMIT = 2**63
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:[ T,]+(.+))?")
_YEAR_FIRST = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})(.*)")
_ZONE_NAME = re.compile(r" ?(UTC|GMT)$")
_TWELVE_HOURS = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))? ?([AaPp])\.?[Mm]\.?")


def epoch_to_ms(value: int | float) -> int:
    """Epoch ms from seconds, ms, µs or ns, told apart by magnitude (seconds up to the year 5138, ms from 1973 on).

    Raises:
        ValueError, OverflowError: the number is none, or larger than ns in 64 bits can say.
    """
    size = abs(value)
    if size > _LIMIT:
        raise OverflowError(f"{value} is no time")
    if size < 100_000_000_000:
        return round(value * 1_000)
    if size < 100_000_000_000_000:
        return round(value)
    return int(value // 1_000) if size < 100_000_000_000_000_000 else int(value // 1_000_000)


def parse_time(text: str) -> int:
    """Epoch ms of a time: ISO 8601, `YYYYMMDD[ HH:MM]`, `MM/DD/YYYY[ HH:MM[ AM]]`, `YYYY.MM.DD`, or an epoch number.

    Raises:
        ValueError: the text is none of these.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return _number(text)
    if "/" in text or "." in text[4:5]:
        text = _dashes(text)
    return _iso(_ZONE_NAME.sub("+00:00", text))


def _number(text: str) -> int:
    if text.isdecimal() and text[:2] in {"19", "20"} and len(text) in {8, 14}:
        day, clock = text[:8], text[8:]
        return _iso(f"{day}T{clock}" if clock else day)
    return epoch_to_ms(int(text) if text.lstrip("+-").isdecimal() else float(text))


def _iso(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // _MS


def _dashes(text: str) -> str:
    if match := _MONTH_FIRST.fullmatch(text):
        month, day, year, clock = match.groups()
        # POSIX strptime's %y: 69-99 are the 1900s.
        century = "" if len(year) == 4 else "19" if year >= "69" else "20"
        return f"{century}{year}-{month:0>2}-{day:0>2}" + (f" {_clock(clock)}" if clock else "")
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day, rest = match.groups()
        return f"{year}-{month:0>2}-{day:0>2}{rest}"
    return text


def _clock(text: str) -> str:
    match = _TWELVE_HOURS.fullmatch(text)
    if match is None:
        return f"0{text}" if text[1:2] == ":" else text
    hour, minute, second, half = match.groups()
    hours = int(hour) % 12 + (12 if half in "pP" else 0)
    return f"{hours:02d}:{minute}:{second or '00'}"
