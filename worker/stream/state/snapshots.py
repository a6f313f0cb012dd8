"""The writer of the state topic: due snapshots, resume record and owner record, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.state import ReplayFrom, StateOwner
from worker.engine.state.layout import CARRY_VERSION
from worker.kafka.identity import TopicIds, text_of
from worker.kafka.records.outputs import Output
from worker.stream.failpoints import failpoint
from worker.stream.job import Engine
from worker.stream.state.checkpoint import Checkpoint
from worker.stream.state.dirty import DirtySymbols
from worker.stream.state.journal import Changes, Journal
from worker.stream.state.records import FORMAT, OWNER, REPLAY_FROM, Snapshot, pack, state_key

_encode = msgspec.msgpack.Encoder().encode


class Named(NamedTuple):
    """The fields of a checkpoint that identify the topics and the owner."""

    state_end: int = 0  # offset after the last record of the state partition that the state needs
    ids: TopicIds = TopicIds(0, 0)
    resume: int = 0  # next input offset in the state partition's newest resume record
    term: int = 0  # of this owner


NOT_NAMED = Named()


class Taken(NamedTuple):
    """The state that one transaction saves."""

    records: list[Output]
    checkpoint: Checkpoint
    slots: NDArray[np.int64]
    size: int  # bytes of snapshots
    journaled: Changes | None = None


class SnapshotWriter:
    """The builder of one partition's state records; `stored` are the symbols with a snapshot in the topic."""

    def __init__(
        self,
        topic: str,
        owner: StateOwner,
        engine: Engine,
        dirty: DirtySymbols,
        stored: set[bytes],
        obsolete: Iterable[bytes] = (),
        journal: Journal | None = None,
        named: Named = NOT_NAMED,
    ) -> None:
        self.stored, self._named = stored, named
        self.journal = journal or Journal(engine.controls)
        self._obsolete = list(obsolete)  # keys of snapshots that must not be restored again
        self._topic, self.owner = topic, owner
        self._engine, self._dirty = engine, dirty
        self._signed = False

    def begin(self, next_offset: int, origin: int) -> Taken:
        """Return no records, and the checkpoint of a group that has decided nothing yet."""
        none = np.zeros(0, np.int64)
        return Taken([], self._checkpoint(next_offset, origin, next_offset, none, None, self._named.resume), none, 0)

    def take(self, slots: NDArray[np.int64], next_offset: int, origin: int, limit: int) -> Taken:
        """Return the records that save the first of `slots`, about `limit` bytes, together with `next_offset`."""
        stamp = int(time.time() * 1000)  # record timestamp only; used by the log cleaner
        # Tombstones precede the snapshots: both may have the same key.
        records = [self._output(key, None, stamp) for key in self._obsolete]
        size = 0
        for done, slot in enumerate(slots.tolist()):
            if size >= limit:
                slots = slots[:done]
                break
            key, value = self._snapshot(slot, next_offset - 1)
            size += len(value)
            records.append(self._output(key, value, stamp))
            failpoint("saving")
        replay_from = self._dirty.oldest(next_offset, slots)
        journaled = self.journal.take(replay_from, save=bool(records))
        if journaled:
            records += [self._output(key, value, stamp) for key, value in journaled.records]
        # The first commit of an owner always has a resume record with the input's id: deleting a topic deletes the
        # groups' commits for it.
        resuming = bool(records) or not self._signed
        resume_at = next_offset if resuming else self._named.resume
        checkpoint = self._checkpoint(next_offset, origin, replay_from, slots, journaled, resume_at)
        if resuming:
            resume = ReplayFrom(FORMAT, origin, replay_from, next_offset, text_of(checkpoint.input_id), checkpoint.term)
            records.append(self._output(REPLAY_FROM, _encode(resume), stamp))
            if not self._signed:
                records.append(self._output(OWNER, _encode(self.owner), stamp))
        return Taken(records, checkpoint, slots, size, journaled)

    def committed(self, taken: Taken) -> None:
        """Mark the records of `taken` as committed."""
        self._named = self._named._replace(state_end=taken.checkpoint.state_end, resume=taken.checkpoint.resume)
        if taken.records:
            self._signed = True
            self._obsolete = []
            self.stored.update(self._symbols(taken.slots))
            self._dirty.saved(taken.slots)
        if taken.journaled:
            self.journal.committed(taken.journaled)

    def reopened(self, term: int) -> None:
        """Continue the same owner under a later term."""
        self._named = self._named._replace(term=term)

    def _checkpoint(
        self,
        next_offset: int,
        origin: int,
        replay_from: int,
        slots: NDArray[np.int64],
        journaled: Changes | None,
        resume: int,
    ) -> Checkpoint:
        ids = self._named.ids
        return Checkpoint(
            origin=origin,
            replay_from=replay_from,
            saved=len(self.stored) + sum(symbol not in self.stored for symbol in self._symbols(slots)),
            partitions=self.owner.partitions,
            journal=journaled.size if journaled else self.journal.size,
            journal_from=journaled.whole_from if journaled else self.journal.whole_from,
            state_end=self._named.state_end,
            input_id=ids.input,
            state_id=ids.state,
            resume=resume,
            offset=next_offset,
            output_id=ids.output,
            rejected_id=ids.rejected,
            control_id=ids.control,
            term=self._named.term,
        )

    def _symbols(self, slots: NDArray[np.int64]) -> list[bytes]:
        return [self._engine.symbols.key(slot) for slot in slots.tolist()]

    def _snapshot(self, slot: int, offset: int) -> tuple[bytes, bytes]:
        key = self._engine.symbols.key(slot)
        symbol = key.decode()
        state = self._engine.export(slot)
        warm_from, warm_next = self._dirty.warm(slot)
        snapshot = Snapshot(
            symbol,
            offset,
            self._engine.fingerprints.of(symbol),
            CARRY_VERSION,
            state.carry,
            state.derived,
            self.owner.engine_version,
            self.owner.config_hash,
            warm_from,
            warm_next,
            self._named.term,
            state.strategy,
        )
        return state_key(key), pack(snapshot)

    def _output(self, key: bytes, value: bytes | None, stamp: int) -> Output:
        return Output(self._topic, key, value, stamp, ())
