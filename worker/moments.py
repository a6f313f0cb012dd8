"""Parser of points in time that people type: ISO 8601, or epoch ms."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

HOW = "write 2024-01-31, 2024-01-31T09:30:00Z or epoch ms"
_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_BASIC_DATE = re.compile(r"(19|20)\d{6}")  # ISO 8601 without dashes: as epoch ms it would lie in 1970
_NUMBER = re.compile(r"[+-]?\d+")
LEAST, MOST = -62_135_596_800_000, 253_402_300_799_999  # epoch ms of the years 1 to 9999
_SECONDS = 100_000_000_000  # smaller numbers would be before March 1973, so they are probably epoch seconds


def epoch_ms(moment: datetime) -> int:
    """Return the epoch ms of a time, rounded down; a time without zone is UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MS


def read_moment(text: str) -> int:
    """Return the epoch ms of an ISO 8601 date or date and time (UTC unless it names a zone), or of epoch ms.

    Raises:
        ValueError: the text is neither, or looks like epoch seconds; the message says what to write.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text) and not _BASIC_DATE.fullmatch(text):
        return _number(text)
    try:
        return epoch_ms(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a date or time: {HOW}") from None


def check_span(since: int | None, until: int | None) -> None:
    """Refuse an empty span.

    Raises:
        ValueError: the span ends before or at its beginning.
    """
    if since is not None and until is not None and until <= since:
        raise ValueError(f"empty span from {in_words(since)} until {in_words(until)}: the end must come later")


def in_words(ms: int) -> str:
    """Return epoch ms as ISO 8601 in UTC, clamped to the years 1 to 9999."""
    return (_EPOCH + min(max(ms, LEAST), MOST) * _MS).isoformat().replace("+00:00", "Z")


def _number(text: str) -> int:
    ms = int(text) if len(text) < 20 else MOST + 1
    if ms and abs(ms) < _SECONDS:
        raise ValueError(f"{text} is too small for epoch ms: {HOW} (are these seconds? {text}000 is their epoch ms)")
    if not LEAST <= ms <= MOST:
        raise ValueError(f"{text[:20]} lies outside the years 1 to 9999: {HOW}")
    return ms
