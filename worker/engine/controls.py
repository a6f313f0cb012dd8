"""A partition's journal of control records, and the limits that apply to each input record (decisions 16, 17)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.control import MODEL_KEY, STRATEGY_KEY
from schemas.state import JournalEntry
from worker.engine.records.key_table import KeyIndex
from worker.engine.records.raw import RawRecords
from worker.engine.stages.risk import LIMITS

ALL = b"*"
MODEL = MODEL_KEY.encode()
STRATEGY = STRATEGY_KEY.encode()  # and a name
KEPT = 256  # newest entries of a key that count: a monitor that repeats itself for years must not fill the journal

Row: TypeAlias = tuple[int, int, int, float, float, bool, bool]  # LIMITS
_NEVER = np.iinfo(np.int64).max
_NONE: Row = (0, 0, _NEVER, 1.0, np.inf, True, False)


class Action(NamedTuple):
    """A corporate action: bars from `ex_ts` on have prices `factor` times those before, and volumes by its inverse."""

    ex_ts: int  # epoch ms UTC
    factor: float  # > 0


class History:
    """The journal's entries of one key, in the order of their ordinals."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self._rows: list[Row] = []
        self._table: NDArray[Any] | None = None  # of `_rows`, and behind them what holds where no entry does
        # Of the entries, where `_table` is; `_visible` is the first offset that sees the entry or a newer one.
        self._ordinals = self._visible = self._effective = np.zeros(0, np.int64)
        self._earliest = _NEVER

    def add(self, entry: JournalEntry) -> None:
        """Append a newer entry."""
        self.entries.append(entry)
        self._rows.append(_row(entry))
        self._table = None
        self._earliest = min(self._earliest, entry.effective_ts)

    def ordinals(self, offsets: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the ordinals of the entries that apply to records, (n,); 0 for none."""
        self._columns()
        return np.append(self._ordinals, 0)[self._met(offsets, times)]

    def limits(self, offsets: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[Any]:
        """Return the limits of records, LIMITS of shape (n,)."""
        return self._columns()[self._met(offsets, times)]

    def _columns(self) -> NDArray[Any]:
        if self._table is None:
            self._table = np.array([*self._rows, _NONE], LIMITS)
            self._ordinals = np.array([entry.ordinal for entry in self.entries], np.int64)
            visible = np.array([entry.visible_from for entry in self.entries], np.int64)
            self._visible = np.minimum.accumulate(visible[::-1])[::-1]
            self._effective = np.array([entry.effective_ts for entry in self.entries], np.int64)
        return self._table

    def _met(self, offsets: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the index of the newest entry in force for each bar, `len(entries)` for none.

        The bars have `times` and input `offsets`.

        Where all counted entries lie after the bar and older ones no longer count, the newest applies: the bar is far
        behind, and must not run without limits.
        """
        none = len(self.entries)
        # In most batches the newest that a record sees is in force.
        newest = np.searchsorted(self._visible, offsets, "right") - 1
        met = np.where((newest >= 0) & (np.append(self._effective, _NEVER)[newest] <= times), newest, none)
        left = np.flatnonzero((met == none) & (newest >= 0))
        for i in range(int(newest[left].max(initial=-1)), -1, -1):
            entry = self.entries[i]
            seen = left[entry.visible_from <= offsets[left]]
            too_old = (times[seen] < self._earliest) | (self._ordinals[newest[seen]] - entry.ordinal >= KEPT)
            in_force = ~too_old & (entry.effective_ts <= times[seen])
            met[seen[in_force]] = i
            ended = seen[too_old | in_force]
            if ended.size == left.size:
                break
            left = np.setdiff1d(left, ended, assume_unique=True)
        behind = np.flatnonzero((met == none) & (newest >= 0))
        behind = behind[self._ordinals[newest[behind]] > KEPT]
        met[behind] = newest[behind]
        return met

    @property
    def acts(self) -> bool:
        """Whether any entry has a corporate action."""
        return any(_action(entry) is not None for entry in self.entries)

    def actions(
        self, offsets: NDArray[np.int64], clamped: bool = False
    ) -> tuple[NDArray[np.int64], list[Action | None]]:
        """Return the place in the list of the corporate action that records at `offsets` (n,) meet, and that list.

        It is that of the newest entry that a record has seen, and its own time alone decides when it takes effect.
        `clamped`: before all entries that are left, that of the first of them.
        """
        visible = [entry.visible_from for entry in self.entries]
        places = np.searchsorted(visible, offsets, side="right") - 1
        return np.maximum(places, 0 if clamped else -1), [*map(_action, self.entries), None]

    def unneeded(self, offset: int) -> list[JournalEntry]:
        """Return the entries that cannot apply to any record at or after `offset`."""
        found = []
        newest, earliest = 0, _NEVER  # of the newer entries that apply to all these records
        for entry in reversed(self.entries):
            if entry.effective_ts >= earliest or newest - entry.ordinal >= KEPT:
                found.append(entry)
            if entry.visible_from <= offset:
                newest, earliest = max(newest, entry.ordinal), min(earliest, entry.effective_ts)
        return found

    def without(self, entries: Sequence[JournalEntry]) -> History:
        """Return a history without `entries`."""
        rest = History()
        gone = {entry.ordinal for entry in entries}
        for entry in self.entries:
            if entry.ordinal not in gone:
                rest.add(entry)
        return rest


class Controls:
    """The entries of all keys; true where there are limits.

    `static` is the one row of limits that apply without any entry, and never more than these.
    `on_switch` gets every entry of a key that switches something, `on_removal` those of it that no bar can meet.
    Switches of other strategies are kept, and ignored.
    """

    def __init__(
        self,
        static: NDArray[Any],
        on_switch: Mapping[bytes, Callable[[JournalEntry], None]] | None = None,
        on_removal: Mapping[bytes, Callable[[Sequence[JournalEntry]], None]] | None = None,
    ) -> None:
        self._static, self._on_switch, self._on_removal = static, on_switch or {}, on_removal or {}
        self._histories: dict[bytes, History] = {}
        self._switches: dict[bytes, History] = {}
        self.acting: dict[bytes, History] = {}  # of the symbols with a corporate action in any entry
        self._index: KeyIndex | None = None  # of the keys except ALL; built on request

    def __bool__(self) -> bool:
        return bool(self._histories)

    def __len__(self) -> int:
        return sum(len(history.entries) for history in self._all())

    def __iter__(self) -> Iterator[JournalEntry]:
        for history in self._all():
            yield from history.entries

    @property
    def common(self) -> set[bytes]:
        """Keys whose records concern every symbol."""
        return {ALL, MODEL, *self._on_switch}

    def newest(self, key: bytes) -> JournalEntry | None:
        """Return the newest entry of a key."""
        history = self._switches.get(key) if _switches(key) else self._histories.get(key)
        return history.entries[-1] if history and history.entries else None

    def add(self, entry: JournalEntry) -> None:
        """Append the newest entry of its key.

        Raises:
            ConfigError: this process has not the strategy that it names.
        """
        key = entry.key.encode()
        if _switches(key):
            if key in self._on_switch:
                self._on_switch[key](entry)
            self._switches.setdefault(key, History()).add(entry)
            return
        self._index = self._index if key in self._histories else None
        self._histories.setdefault(key, History()).add(entry)
        self._note_acting(key)

    def unneeded(self, offset: int) -> list[JournalEntry]:
        """Return the entries that cannot apply to any record at or after `offset`."""
        return [entry for history in self._all() for entry in history.unneeded(offset)]

    def remove(self, entries: Sequence[JournalEntry]) -> None:
        """Remove entries."""
        for key in {entry.key.encode() for entry in entries}:
            gone = [entry for entry in entries if entry.key.encode() == key]
            if _switches(key):
                self._switches[key] = self._switches[key].without(gone)
                if key in self._on_removal:
                    self._on_removal[key](gone)
            else:
                self._histories[key] = self._histories[key].without(gone)
                self._note_acting(key)

    def generations(
        self, offsets: NDArray[np.int64] | None, times: NDArray[np.int64], key: bytes = MODEL
    ) -> NDArray[np.int64]:
        """Return the number of the switch of a key that applies to each record, 0 for none, (n,)."""
        history = self._switches.get(key)
        if history is None or not history.entries:
            return np.zeros(len(times), np.int64)
        assert offsets is not None, "which switch a record meets depends on its offset"
        return history.ordinals(offsets, times)

    def limits(self, raw: RawRecords, times: NDArray[np.int64]) -> NDArray[Any]:
        """Return each record's LIMITS, shape (n,): per field the stricter value of its symbol's and those for all.

        Bars' `times` have shape (n,).
        """
        if self._index is None:
            self._index = KeyIndex([key for key in self._histories if key != ALL])
        offsets = np.ascontiguousarray(raw.rows["offset"])
        common = self._histories.get(ALL, History()).limits(offsets, times)
        own = np.array([_NONE], LIMITS).repeat(len(raw))
        for place, rows in _grouped(self._index.places(raw)):
            own[rows] = self._histories[self._index.keys[place]].limits(offsets[rows], times[rows])
        return stricter(own, common, self._static)

    def limits_of(self, key: bytes, offsets: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[Any]:
        """Return `limits` for records that all have one key."""
        own, common = (self._histories.get(each, History()) for each in (key, ALL))
        return stricter(own.limits(offsets, times), common.limits(offsets, times), self._static)

    def limits_of_keys(
        self, keys: Sequence[bytes | None], offsets: NDArray[np.int64], times: NDArray[np.int64]
    ) -> NDArray[Any]:
        """Return `limits` for records with these keys."""
        own, rows_of = np.array([_NONE], LIMITS).repeat(len(keys)), dict[bytes, list[int]]()
        for row, key in enumerate(keys):
            if key in self._histories and key != ALL:
                rows_of.setdefault(key, []).append(row)
        for key, rows in rows_of.items():
            own[rows] = self._histories[key].limits(offsets[rows], times[rows])
        return stricter(own, self._histories.get(ALL, History()).limits(offsets, times), self._static)

    def _note_acting(self, key: bytes) -> None:
        self.acting.pop(key, None)
        if self._histories[key].acts:
            self.acting[key] = self._histories[key]

    def _all(self) -> Iterator[History]:
        yield from self._histories.values()
        yield from self._switches.values()


def stricter(own: NDArray[Any], common: NDArray[Any], static: NDArray[Any]) -> NDArray[Any]:
    """Return per row the stricter value of each field; the older of two records decides whether they are stale."""
    rows = np.empty(own.shape, LIMITS)
    rows["version"], rows["all_version"] = own["version"], common["version"]
    rows["ts"] = np.minimum(own["ts"], common["ts"])
    rows["risk_mult"] = np.minimum(own["risk_mult"], common["risk_mult"])
    rows["max_notional"] = np.minimum(np.minimum(own["max_notional"], common["max_notional"]), static["max_notional"])
    rows["allow_open"] = own["allow_open"] & common["allow_open"]
    rows["kill"] = own["kill"] | common["kill"]
    return rows


def _switches(key: bytes) -> bool:
    return key == MODEL or key.startswith(STRATEGY)


def _grouped(places: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Each place from 0 on that occurs, and the rows where it does."""
    rows = np.argsort(places, kind="stable")
    rows = rows[np.searchsorted(places[rows], 0) :]
    if rows.size:
        for some in np.split(rows, np.flatnonzero(np.diff(places[rows])) + 1):
            yield int(places[some[0]]), some


def _action(entry: JournalEntry) -> Action | None:
    action = None if entry.control is None else entry.control.corp_action
    return None if action is None else Action(action.ex_ts, action.price_factor)


def _row(entry: JournalEntry) -> Row:
    control = entry.control
    if control is None:
        return _NONE
    notional = np.inf if control.max_notional is None else control.max_notional
    # What limits nothing can't be too old to open on: a corporate action waits for its day.
    ts = _NEVER if control.limits_nothing and control.corp_action is not None else entry.ts
    return (entry.version, 0, ts, control.risk_mult, notional, control.allow_open, control.kill == "close_all")
