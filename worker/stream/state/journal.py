"""The journal of what is not in the input log but changes decisions: control records, model switches among them, from
the offset that saw them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from schemas.state import JournalEntry
from worker.engine.controls import ALL, MODEL, Controls
from worker.stream.control.table import Announced, ControlTable
from worker.stream.state.records import FORMAT, journal_key, pack_entry
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
ANY_TIME = -(2**63)


class Changes(NamedTuple):
    """What one transaction does to the journal."""

    records: list[tuple[bytes, bytes | None]]  # of the state topic: key, value
    removed: list[JournalEntry]
    size: int  # entries in the topic afterwards
    whole_from: int  # input offset from which on the journal lacks nothing


class Journal:
    """One partition's entries: those in the state topic and those that the next transaction puts there."""

    def __init__(
        self,
        controls: Controls,
        control_table: ControlTable | None = None,
        stored: Iterable[JournalEntry] = (),
        whole_from: int = 0,
        keep: bool = False,
    ) -> None:
        self._controls, self._control_table, self._keep = controls, control_table, keep
        self._new: list[JournalEntry] = []
        self._waiting: dict[bytes, Announced] = {}  # newer than their key's last entry, and no record has met them
        self._seen = 0  # revision of the table
        self._whole_from = whole_from
        for entry in sorted(stored, key=lambda entry: entry.ordinal):
            controls.add(entry)

    def use(self, keys: Callable[[], Iterable[bytes | None]], offset: int) -> None:
        """Records with these keys are about to be processed, the first at `offset`: enter what they will see first."""
        if self._control_table is None:
            return
        if self._control_table.revision != self._seen:
            changed = [announced for announced in self._control_table.since(self._seen) if self._newer(announced)]
            self._waiting.update((announced.key, announced) for announced in changed)
            self._seen = self._control_table.revision
        if self._waiting:
            for key in sorted(self._waiting.keys() & {ALL, MODEL, *keys()}):
                self._enter(self._waiting.pop(key), offset)

    def take(self, replay_from: int, save: bool) -> Changes | None:
        """What to write with a transaction after which replays begin at `replay_from`; None when that is nothing.

        `save` says that it saves states: only then it is worth looking for what no replay needs any more.
        """
        removed = self._controls.unneeded(replay_from) if (save or self._new) and not self._keep else []
        if not removed and not self._new:
            return None
        records: list[tuple[bytes, bytes | None]] = [(journal_key(entry), pack_entry(entry)) for entry in self._new]
        records += [(journal_key(entry), None) for entry in removed]
        return Changes(records, removed, self.size - len(removed), replay_from if removed else self._whole_from)

    def committed(self, changes: Changes) -> None:
        """The changes are in the topic for good."""
        METRICS.journal_entries.inc(len(self._new))
        self._new = []
        self._controls.remove(changes.removed)
        self._whole_from = changes.whole_from

    @property
    def pending(self) -> bool:
        """Whether some entry is not yet in the topic."""
        return bool(self._new)

    @property
    def size(self) -> int:
        """Entries that count, those not yet in the topic included."""
        return len(self._controls)

    @property
    def whole_from(self) -> int:
        """Input offset from which on no entry has been removed that a record would meet."""
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
            # An offset that was set back by hand: earlier entries keep their turn.
            visible_from=max(offset, last.visible_from) if last else offset,
            effective_ts=control.effective_ts if control else ANY_TIME,
            ts=announced.ts,
            offset=announced.offset,
            control=control,
        )
        self._controls.add(entry)
        self._new.append(entry)
        log.info(
            "control record in use" if control else "control record lifted",
            extra={"key": entry.key, "version": entry.version, "visible_from": entry.visible_from},
        )


def missing(stored: Sequence[JournalEntry], damaged: int, counted: int, ahead: bool) -> int:
    """Entries that were lost or damaged; `counted` is what the committed offset says.

    `ahead` says that the topic may be ahead of the committed offset, so that entries may have been removed already.
    """
    return damaged if ahead else max(counted - len(stored), 0)
