"""Sessions and closures as people write them, to the milliseconds of the calendar table."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY = 86_400_000  # ms
WEEK = 7 * DAY
_DAY = rf"({'|'.join(DAYS)})"
_TIME = r"(\d{2}):(\d{2})"
_DAILY = re.compile(rf"{_DAY}(?:-{_DAY})? {_TIME}-{_TIME}")  # Mon-Fri 09:30-16:00
_ACROSS = re.compile(rf"{_DAY} {_TIME}-{_DAY} {_TIME}")  # Sun 22:00-Fri 21:00

Span = tuple[int, int]


def _offset(hours: str, minutes: str) -> int:
    if int(minutes) > 59 or int(hours) * 60 + int(minutes) > 24 * 60:
        raise ValueError(f"{hours}:{minutes} is no time of day from 00:00 to 24:00")
    return (int(hours) * 60 + int(minutes)) * 60_000


def _daily(first: str, last: str | None, *times: str) -> list[Span]:
    begin, end = DAYS.index(first), DAYS.index(last or first)
    opens, closes = _offset(*times[:2]), _offset(*times[2:])
    return [(day % 7 * DAY + opens, day % 7 * DAY + closes) for day in range(begin, end + (1 if end >= begin else 8))]


def _across(first: str, h1: str, m1: str, last: str, h2: str, m2: str) -> list[Span]:
    opens, closes = DAYS.index(first) * DAY + _offset(h1, m1), DAYS.index(last) * DAY + _offset(h2, m2)
    return [(opens, closes)] if opens < closes else [span for span in ((0, closes), (opens, WEEK)) if span[0] < span[1]]


def sessions(given: Any) -> Any:
    """Return weekly (open, close) offsets in ms since Monday 00:00 UTC, ascending; pairs of numbers stay as they are.

    Raises:
        ValueError: a text is no session.
    """
    if not isinstance(given, list):
        return given
    spans: list[Any] = []
    for entry in given:
        if not isinstance(entry, str):
            spans.append(entry)
        elif found := _DAILY.fullmatch(entry):
            spans += _daily(*found.groups())
        elif found := _ACROSS.fullmatch(entry):
            spans += _across(*found.groups())
        else:
            raise ValueError(f"{entry!r} is no session: write 'Mon-Fri 09:30-16:00' or 'Sun 22:00-Fri 21:00'")
    return sorted(spans) if all(isinstance(span, tuple) for span in spans) else spans


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return _instant(datetime.combine(value, time())) if isinstance(value, date) else value


def closures(given: Any) -> Any:
    """Return (start, end) in epoch ms, ascending: a date closes that UTC day, a pair of times what lies between.

    Times without an offset are UTC; pairs of numbers stay as they are.
    """
    if not isinstance(given, list):
        return given
    spans: list[Any] = []
    for entry in given:
        if isinstance(entry, date) and not isinstance(entry, datetime):
            spans.append((_instant(entry), _instant(entry) + DAY))
        elif isinstance(entry, list):
            spans.append(tuple(_instant(value) for value in entry))
        else:
            raise ValueError(f"{entry} is no closure: write a date, or a pair of times [from, to]")
    return sorted(spans) if all(isinstance(value, int) for span in spans for value in span) else spans
