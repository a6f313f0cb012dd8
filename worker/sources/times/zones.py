"""Local times of a zone as UTC: hours that a change of the clocks skips or repeats too."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Hour = tuple[int, int]  # a symbol and the local day on which an hour is repeated
_DAY = 86_400_000
_QUARTER = 900_000  # ms; clocks change at quarters of an hour
_EPOCH = datetime(1970, 1, 1)
_MS = timedelta(milliseconds=1)


class LocalClock:
    """Conversion of local times to UTC; a repeated hour is told apart by the order of each symbol's bars."""

    def __init__(self, zone: tzinfo, once: frozenset[Hour] = frozenset(), second: bool = False) -> None:
        """Start a pass; `once` are the hours that have one pass only, in a whole file: the first, or the `second`."""
        self._zone, self._once, self._second = zone, once, second
        self._offsets: dict[int, tuple[int, int]] = {}  # local quarter → offsets before and after a change
        self._last: dict[int, int] = {}  # symbol → UTC of its last bar
        self._backward: dict[int, bool] = {}  # symbol → whether its bars go back in time
        self.repeated: dict[Hour, list[int]] = {}  # bars of the first and of the second pass

    def to_utc(self, local: Ints, owners: Ints, naive: NDArray[np.bool_]) -> tuple[Ints, NDArray[np.bool_]]:
        """Return (UTC, which local times exist) of the times that are `naive`; the others come back as they are."""
        quarters, places = np.unique(local // _QUARTER, return_inverse=True)
        pairs = np.array([self._pair(quarter) for quarter in quarters.tolist()], np.int64).reshape(-1, 2)
        first, second = pairs[places.reshape(-1), 0], pairs[places.reshape(-1), 1]
        utc = np.where(naive, local - first, local)
        skipped = naive & (first < second)  # zoneinfo gives a gap its offset after the change at fold 1
        twice = naive & (first > second)
        if twice.any():
            self._tell_apart(utc, first - second, owners, twice, local // _DAY)
        else:
            found, begin = np.unique(owners, return_index=True)
            _, from_end = np.unique(owners[::-1], return_index=True)
            for owner, first_row, last_row in zip(found.tolist(), begin.tolist(), from_end.tolist(), strict=True):
                self._remember(owner, int(utc[::-1][last_row]), self._last.get(owner, int(utc[first_row])))
        return utc, ~skipped

    def differs(self, zone: tzinfo) -> int | None:
        """Return a local time, in ms, of the bars so far which is another time in UTC if the zone is this one."""
        other = LocalClock(zone)
        return next((at * _QUARTER for at, pair in sorted(self._offsets.items()) if other._pair(at) != pair), None)

    def offset(self, local: int) -> int:
        """Return the offset from UTC at a local time, in ms; in a repeated hour that of the first pass."""
        return self._pair(local // _QUARTER)[0]

    def _pair(self, quarter: int) -> tuple[int, int]:
        if quarter not in self._offsets:
            self._offsets[quarter] = self._look_up(quarter * _QUARTER)
        return self._offsets[quarter]

    def _look_up(self, local: int) -> tuple[int, int]:
        try:
            moment = _EPOCH + timedelta(milliseconds=local)
            first = moment.replace(tzinfo=self._zone).utcoffset()
            second = moment.replace(tzinfo=self._zone, fold=1).utcoffset()
        except OverflowError:
            return 0, 0
        assert first is not None
        assert second is not None
        return first // _MS, second // _MS

    def _remember(self, owner: int, utc: int, before: int | None) -> None:
        if before is not None and utc != before:
            self._backward[owner] = utc < before
        self._last[owner] = utc

    def _tell_apart(self, utc: Ints, gain: Ints, owners: Ints, twice: NDArray[np.bool_], days: Ints) -> None:
        for row, owner in enumerate(owners.tolist()):
            before, early, later = self._last.get(owner), int(utc[row]), int(utc[row] + gain[row])
            if twice[row]:
                hour = (owner, int(days[row]))
                if hour in self._once:
                    second = self._second
                else:  # in time's order the second pass follows the first; newest first, it comes before it
                    second = before is not None and (later < before if self._backward.get(owner) else early <= before)
                self.repeated.setdefault(hour, [0, 0])[second] += 1
                if second:
                    utc[row] = later
            self._remember(owner, int(utc[row]), before)

    @property
    def once(self) -> frozenset[Hour]:
        """Repeated hours of which the bars so far have one pass only."""
        return frozenset(hour for hour, passes in self.repeated.items() if 0 in passes)
