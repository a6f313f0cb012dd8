"""Times as text (RFC 3339)."""

from __future__ import annotations

from schemas.tick import MAX_TS, MIN_TS
from worker.engine.kernel import inlined, kernel
from worker.engine.output.encoding.text import put_character

DAY_MS = 86_400_000
ZERO, DASH, COLON, POINT, T, Z = b"0-:.TZ"
RFC3339_SIZE = 24  # bytes of 2020-01-31T23:59:59.999Z


@inlined
def _two(at, value, end):  # type: ignore[no-untyped-def]
    return put_character(put_character(put_character(at, ZERO + value // 10), ZERO + value % 10), end)


@kernel
def _date(days):  # type: ignore[no-untyped-def]
    """Return (year, month, day) of a day counted from 1970-01-01 in the proleptic Gregorian calendar.

    Years begin in March, so that the leap day is their last; an era is 400 years [Hinnant, chrono-compatible
    low-level date algorithms].
    """
    days += 719_468
    era = days // 146_097
    day_of_era = days - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    months = (5 * day_of_year + 2) // 153  # counted from March
    month = months + 3 if months < 10 else months - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    return year, month, day_of_year - (153 * months + 2) // 5 + 1


@kernel
def put_rfc3339(at, ms):  # type: ignore[no-untyped-def]
    """Write epoch ms in UTC with milliseconds at an address, and return the address after it.

    Times beyond the years 1 to 9999 become the nearest that can be written.
    """
    ms = min(max(ms, MIN_TS), MAX_TS)
    days = ms // DAY_MS
    rest = ms - days * DAY_MS
    year, month, day = _date(days)
    century = year // 100
    at = put_character(put_character(at, ZERO + century // 10), ZERO + century % 10)
    at = _two(at, year - 100 * century, DASH)
    at = _two(at, month, DASH)
    at = _two(at, day, T)
    seconds = rest // 1000
    rest -= 1000 * seconds
    at = _two(at, seconds // 3600, COLON)
    at = _two(at, seconds // 60 % 60, COLON)
    at = _two(at, seconds % 60, POINT)
    at = put_character(at, ZERO + rest // 100)
    return _two(at, rest % 100, Z)
