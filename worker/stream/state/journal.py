"""The journal of control records, switches included: they change decisions but are not in the input log.

Each entry has the input offset from which it applies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from schemas.state import JournalEntry
from worker.engine.controls import Controls
from worker.stream.control.table import Announced, ControlTable
from worker.stream.state.records import FORMAT, journal_key, pack_entry
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
ANY_TIME = -(2**63)


class Changes(NamedTuple):
    """The changes of the journal in one transaction."""

    records: list[tuple[bytes, bytes | None]]  # for the state topic: key, value
    removed: list[JournalEntry]
    size: int  # entries in the topic afterwards
    whole_from: int  # input offset from which the journal is complete


class Journal:
    """The entries of one partition: those in the state topic, and those that the next transaction adds."""

    def __init__(
        self,
        controls: Controls,
        control_table: ControlTable | None = None,
        stored: Iterable[JournalEntry] = (),
        whole_from: int = 0,
        keep: bool = False,
        newest_time: Callable[[bytes], int | None] = lambda key: None,
    ) -> None:
        """Begin with the stored entries; `newest_time` returns a symbol's newest decided time, None without a bar."""
        self._controls, self._control_table, self._keep = controls, control_table, keep
        self._newest_time = newest_time
        self._new: list[JournalEntry] = []
        self._waiting: dict[bytes, Announced] = {}  # newer than their key's last entry, but not yet met by a record
        self._seen = 0  # revision of the control table
        self._whole_from = whole_from
        for entry in sorted(stored, key=lambda entry: entry.ordinal):
            controls.add(entry)

    def use(self, keys: Callable[[], Iterable[bytes | None]], offset: int) -> None:
        """Enter the control records for a batch with these keys, which begins at `offset`, before it is processed."""
        if self._control_table is None:
            return
        if self._control_table.revision != self._seen:
            changed = [announced for announced in self._control_table.since(self._seen) if self._newer(announced)]
            self._waiting.update((announced.key, announced) for announced in changed)
            self._seen = self._control_table.revision
        if self._waiting:
            for key in sorted(self._waiting.keys() & {*self._controls.common, *keys()}):
                self._enter(self._waiting.pop(key), offset)

    def take(self, replay_from: int, save: bool) -> Changes | None:
        """Return the changes for a transaction after which replays begin at `replay_from`; None if there are none.

        `save`: the transaction saves states. Only then is a search for entries that no replay needs worth its cost.
        """
        removed = self._controls.unneeded(replay_from) if (save or self._new) and not self._keep else []
        if not removed and not self._new:
            return None
        records: list[tuple[bytes, bytes | None]] = [(journal_key(entry), pack_entry(entry)) for entry in self._new]
        records += [(journal_key(entry), None) for entry in removed]
        return Changes(records, removed, self.size - len(removed), replay_from if removed else self._whole_from)

    def committed(self, changes: Changes) -> None:
        """Mark the changes as committed."""
        METRICS.journal_entries.inc(len(self._new))
        self._new = []
        self._controls.remove(changes.removed)
        self._whole_from = changes.whole_from

    @property
    def pending(self) -> bool:
        """Whether any entry is not in the topic yet."""
        return bool(self._new)

    @property
    def size(self) -> int:
        """The number of entries, those not in the topic yet included."""
        return len(self._controls)

    @property
    def whole_from(self) -> int:
        """The input offset from which no entry that a record would meet has been removed."""
        return self._whole_from

    def _newer(self, announced: Announced) -> bool:
        last = self._controls.newest(announced.key)
        if announced.control is None:
            return last is not None and last.control is not None and announced.offset > last.offset
        if last is None or announced.control.version > last.version:
            return True
        if announced.offset > last.offset:
            versions = {"version": announced.control.version, "in_force": last.version}
            log.warning("control record is not newer: not used", extra={"key": last.key, **versions})
        return False

    def _enter(self, announced: Announced, offset: int) -> None:
        last = self._controls.newest(announced.key)
        control = announced.control
        entry = JournalEntry(
            format=FORMAT,
            key=announced.key.decode(),
            ordinal=last.ordinal + 1 if last else 1,
            version=control.version if control else last.version if last else 0,
            # After an offset was set back by hand, entries keep their order.
            visible_from=max(offset, last.visible_from) if last else offset,
            effective_ts=control.effective_ts if control else ANY_TIME,
            ts=announced.ts,
            offset=announced.offset,
            control=control,
        )
        self._tell_late(announced, last)
        self._controls.add(entry)
        self._new.append(entry)
        log.info(
            "control record in use" if control else "control record lifted",
            extra={"key": entry.key, "version": entry.version, "visible_from": entry.visible_from},
        )

    def _tell_late(self, announced: Announced, last: JournalEntry | None) -> None:
        """Say that a corporate action came after bars of its time were decided: it does nothing."""
        action = None if announced.control is None else announced.control.corp_action
        if action is None or (last is not None and last.control is not None and last.control.corp_action == action):
            return
        decided = self._newest_time(announced.key)
        if decided is not None and decided >= action.ex_ts:
            METRICS.actions_late.inc()
            times = {"ex_ts": action.ex_ts, "decided": decided}
            log.error("corporate action came too late: not applied", extra={"key": announced.key.decode(), **times})


def missing(stored: Sequence[JournalEntry], damaged: int, counted: int, ahead: bool) -> int:
    """Return the number of lost or damaged entries; `counted` is the number in the committed checkpoint.

    `ahead`: the topic may be ahead of the committed offset, so entries may have been removed already.
    """
    return damaged if ahead else max(counted - len(stored), 0)
