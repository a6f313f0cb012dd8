"""The choice of the records that go into a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from schemas import Decision, Rejection
from worker.errors import ConfigError
from worker.moments import check_span, epoch_ms, read_moment

Time = datetime | str | int | None


class Wanted(NamedTuple):
    """Symbols (none = all) and bars that open in since <= ts < until, epoch ms; a record without time passes."""

    symbols: frozenset[str] = frozenset()
    since: int | None = None
    until: int | None = None

    def __call__(self, item: Decision | Rejection) -> bool:
        """Return whether the record is wanted."""
        if self.symbols and item.symbol not in self.symbols:
            return False
        if item.ts is None:
            return True
        return (self.since is None or item.ts >= self.since) and (self.until is None or item.ts < self.until)


def wanted(symbols: Iterable[str] | str | None, since: Time, until: Time) -> Wanted:
    """Return the filter that the caller's words mean; a number is epoch ms.

    Raises:
        ConfigError: a time cannot be read, or nothing lies between the two.
    """
    names = [symbols] if isinstance(symbols, str) else symbols or ()
    try:
        found = Wanted(frozenset(names), _ms(since), _ms(until))
        check_span(found.since, found.until)
    except ValueError as problem:
        raise ConfigError(str(problem), "Correct since or until") from None
    return found


def _ms(time: Time) -> int | None:
    if isinstance(time, datetime):
        return epoch_ms(time)
    return read_moment(time) if isinstance(time, str) else time
