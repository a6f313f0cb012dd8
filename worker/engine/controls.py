"""A partition's journal of control records, and the limits that each input record meets (decisions 16, 17)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.control import MODEL_KEY
from schemas.state import JournalEntry
from worker.engine.records.key_table import KeyIndex
from worker.engine.records.raw import RawRecords
from worker.engine.stages.risk import LIMITS

ALL = b"*"
MODEL = MODEL_KEY.encode()
KEPT = 256  # entries of one key that count: a monitor that repeats itself for years must not fill the journal

Row: TypeAlias = tuple[int, int, int, float, float, bool, bool]  # LIMITS
_NEVER = np.iinfo(np.int64).max
_NONE: Row = (0, 0, _NEVER, 1.0, np.inf, True, False)


class History:
    """The journal's entries of one key, in the order of their ordinals."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self._rows: list[Row] = []
        self._earliest = _NEVER

    def add(self, entry: JournalEntry) -> None:
        """Append a newer entry."""
        self.entries.append(entry)
        self._rows.append(_row(entry))
        self._earliest = min(self._earliest, entry.effective_ts)

    def at(self, offset: int, ts: int) -> Row:
        """What holds for a bar of time `ts` at input `offset`: the newest entry in force.

        Where all that count lie after the bar and older ones do not count any more, the newest holds: the bar is far
        behind, and without any limit it must not be.
        """
        newest = -1
        for i in range(len(self.entries) - 1, -1, -1):
            entry = self.entries[i]
            if entry.visible_from > offset:
                continue
            newest = i if newest < 0 else newest
            if ts < self._earliest or self.entries[newest].ordinal - entry.ordinal >= KEPT:
                break
            if entry.effective_ts <= ts:
                return self._rows[i]
        return self._rows[newest] if newest >= 0 and self.entries[newest].ordinal > KEPT else _NONE

    def ordinals(self, offsets: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which entries hold for many records at once, as `at`; 0 for none."""
        return np.array([*(entry.ordinal for entry in self.entries), 0])[self._met(offsets, times)]

    def at_rows(self, offsets: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[Any]:
        """As `at` for many records at once, LIMITS of shape (n,): most of them meet one of the newest entries."""
        rows: NDArray[Any] = np.array([*self._rows, _NONE], LIMITS)[self._met(offsets, times)]
        return rows

    def _met(self, offsets: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places in `entries`, its length for none."""
        ordinals = np.array([entry.ordinal for entry in self.entries], np.int64)
        met = np.full(len(offsets), len(self.entries))
        newest = np.full(len(offsets), -1)
        left = np.arange(len(offsets))
        for i in range(len(self.entries) - 1, -1, -1):
            entry = self.entries[i]
            seen = left[entry.visible_from <= offsets[left]]
            newest[seen[newest[seen] < 0]] = i
            too_old = (times[seen] < self._earliest) | (ordinals[newest[seen]] - entry.ordinal >= KEPT)
            in_force = ~too_old & (entry.effective_ts <= times[seen])
            met[seen[in_force]] = i
            left = np.setdiff1d(left, seen[too_old | in_force], assume_unique=True)
            if not left.size:
                break
        behind = np.flatnonzero((met == len(self.entries)) & (newest >= 0))
        behind = behind[ordinals[newest[behind]] > KEPT]
        met[behind] = newest[behind]
        return met

    def unneeded(self, offset: int) -> list[JournalEntry]:
        """The entries that no record at or after `offset` can meet."""
        found = []
        newest, earliest = 0, _NEVER  # of the newer entries that all these records see
        for entry in reversed(self.entries):
            if entry.effective_ts >= earliest or newest - entry.ordinal >= KEPT:
                found.append(entry)
            if entry.visible_from <= offset:
                newest, earliest = max(newest, entry.ordinal), min(earliest, entry.effective_ts)
        return found

    def without(self, entries: Sequence[JournalEntry]) -> History:
        """The same less `entries`."""
        rest = History()
        gone = {entry.ordinal for entry in entries}
        for entry in self.entries:
            if entry.ordinal not in gone:
                rest.add(entry)
        return rest


class Controls:
    """The entries of all keys. `static`: the one row of limits that hold without any, and never more than these.

    `on_switch` hears of every entry that switches the model. True where there are limits.
    """

    def __init__(self, static: NDArray[Any], on_switch: Callable[[JournalEntry], None] | None = None) -> None:
        self._static, self._on_switch = static, on_switch
        self._histories: dict[bytes, History] = {}
        self._switches = History()
        self._index: KeyIndex | None = None  # of the keys but ALL; made when it is asked for

    def __bool__(self) -> bool:
        return bool(self._histories)

    def __len__(self) -> int:
        return sum(len(history.entries) for history in self._all())

    def __iter__(self) -> Iterator[JournalEntry]:
        for history in self._all():
            yield from history.entries

    def newest(self, key: bytes) -> JournalEntry | None:
        """The last entry of a key."""
        history = self._switches if key == MODEL else self._histories.get(key)
        return history.entries[-1] if history and history.entries else None

    def add(self, entry: JournalEntry) -> None:
        """Append the newest entry of its key."""
        key = entry.key.encode()
        if key == MODEL:
            self._switches.add(entry)
            if self._on_switch:
                self._on_switch(entry)
            return
        self._index = self._index if key in self._histories else None
        self._histories.setdefault(key, History()).add(entry)

    def unneeded(self, offset: int) -> list[JournalEntry]:
        """The entries that no record at or after `offset` can meet."""
        return [entry for history in self._all() for entry in history.unneeded(offset)]

    def remove(self, entries: Sequence[JournalEntry]) -> None:
        """Forget entries."""
        for key in {entry.key.encode() for entry in entries}:
            gone = [entry for entry in entries if entry.key.encode() == key]
            if key == MODEL:
                self._switches = self._switches.without(gone)
            else:
                self._histories[key] = self._histories[key].without(gone)

    def generations(self, offsets: NDArray[np.int64] | None, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of the model switch that each record meets, 0 for none, (n,)."""
        if not self._switches.entries:
            return np.zeros(len(times), np.int64)
        assert offsets is not None, "which switch a record meets depends on its offset"
        return self._switches.ordinals(offsets, times)

    def limits(self, keys: Sequence[bytes | None], offsets: Sequence[int], times: Sequence[int]) -> NDArray[Any]:
        """The limits that each record meets, LIMITS of shape (n,): its symbol's and those for all, the stricter value
        field by field."""
        general = self._histories.get(ALL, History())
        common = [general.at(offset, ts) for offset, ts in zip(offsets, times, strict=True)]
        own = [
            history.at(offset, ts) if key != ALL and (history := self._histories.get(key or b"")) else _NONE
            for key, offset, ts in zip(keys, offsets, times, strict=True)
        ]
        return stricter(np.array(own, LIMITS), np.array(common, LIMITS), self._static)

    def limits_raw(self, raw: RawRecords, times: NDArray[np.int64]) -> NDArray[Any]:
        """The same for raw records without an object a record; bars' `times` have shape (n,)."""
        if self._index is None:
            self._index = KeyIndex([key for key in self._histories if key != ALL])
        offsets = np.ascontiguousarray(raw.rows["offset"])
        common = self._histories.get(ALL, History()).at_rows(offsets, times)
        own = np.array([_NONE], LIMITS).repeat(len(raw))
        places = self._index.places(raw)
        for row in np.flatnonzero(places >= 0).tolist():
            history = self._histories[self._index.keys[places[row]]]
            own[row] = history.at(int(offsets[row]), int(times[row]))
        return stricter(own, common, self._static)

    def _all(self) -> Iterator[History]:
        yield from self._histories.values()
        yield self._switches


def stricter(own: NDArray[Any], common: NDArray[Any], static: NDArray[Any]) -> NDArray[Any]:
    """Row by row the stricter value of each field; the older of two records decides whether they are stale."""
    rows = np.empty(own.shape, LIMITS)
    rows["version"], rows["all_version"] = own["version"], common["version"]
    rows["ts"] = np.minimum(own["ts"], common["ts"])
    rows["risk_mult"] = np.minimum(own["risk_mult"], common["risk_mult"])
    rows["max_notional"] = np.minimum(np.minimum(own["max_notional"], common["max_notional"]), static["max_notional"])
    rows["allow_open"] = own["allow_open"] & common["allow_open"]
    rows["kill"] = own["kill"] | common["kill"]
    return rows


def _row(entry: JournalEntry) -> Row:
    control = entry.control
    if control is None:
        return _NONE
    notional = np.inf if control.max_notional is None else control.max_notional
    return (entry.version, 0, entry.ts, control.risk_mult, notional, control.allow_open, control.kill == "close_all")
