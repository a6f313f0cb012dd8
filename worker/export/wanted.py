"""Which records go into a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from schemas import Decision, Rejection
from worker.errors import ConfigError
from worker.inprocess.reader import epoch_ms
from worker.sources.timestamps import parse_time

Time = datetime | str | int | None


class Wanted(NamedTuple):
    """Symbols (none = all) and bars that open in since <= ts < until, epoch ms; a record without time passes."""

    symbols: frozenset[str] = frozenset()
    since: int | None = None
    until: int | None = None

    def __call__(self, item: Decision | Rejection) -> bool:
        """Whether the record is wanted."""
        if self.symbols and item.symbol not in self.symbols:
            return False
        if item.ts is None:
            return True
        return (self.since is None or item.ts >= self.since) and (self.until is None or item.ts < self.until)


def wanted(symbols: Iterable[str] | str | None, since: Time, until: Time) -> Wanted:
    """The filter that the caller's words mean.

    Raises:
        ConfigError: a time cannot be read.
    """
    names = [symbols] if isinstance(symbols, str) else symbols or ()
    return Wanted(frozenset(names), _ms(since), _ms(until))


def _ms(time: Time) -> int | None:
    if isinstance(time, datetime):
        return epoch_ms(time)
    if not isinstance(time, str):
        return time
    try:
        return parse_time(time)
    except (ValueError, OverflowError):
        raise ConfigError(f"{time!r} is no time", "Write for example 2024-01-31 or 2024-01-31T09:30:00Z") from None
