"""The rebuild of a partition's state for exactly one offset: load snapshots, then replay unsaved input."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from aiokafka import TopicPartition

from worker.engine.records.raw import RawRecords
from worker.engine.state.migration import migrate
from worker.errors import DataError
from worker.kafka.reader import Reader
from worker.stream.failpoints import failpoint
from worker.stream.job import Engine
from worker.stream.state.checkpoint import Checkpoint
from worker.stream.state.dirty import WARM_UP, DirtySymbols
from worker.stream.state.records import Damaged, Snapshot, unpack
from worker.stream.state.topic import StateRecords
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
SLICE = 5_000  # records between two yields to the event loop, which also sends the heartbeats
LOAD_SLICE = 200  # snapshots between two yields
Progress = Callable[[int, int], None]  # offset reached, offset at which the replay ends
TELL_SECONDS = 5.0  # between two log lines on a long replay


class InputGap(Exception):
    """The loss of input from offset `needed` on: the log begins at `first`."""

    def __init__(self, needed: int, first: int) -> None:
        super().__init__(needed, first)
        self.needed, self.first = needed, first


@dataclass
class Rebuild:
    """The input to replay on top of the snapshots."""

    floor: int  # symbols without a usable snapshot are replayed from this offset on
    stop: int
    unsaved: int  # the same where no snapshot is lost or refused: intact ones lack input from here on
    origin: int = 0  # first input offset that the group has processed
    held: dict[bytes, int] = field(default_factory=dict)  # symbol → input offset of its snapshot
    warming: dict[bytes, int] = field(default_factory=dict)  # symbol → offset from which `derived` is rebuilt
    replayed: int = 0
    warmed: int = 0
    damaged: int = 0  # snapshots lost or refused
    late: int = 0  # snapshots that former owners wrote over newer ones

    @property
    def start(self) -> int:
        """The first input offset to read."""
        return min((self.floor, *self.warming.values()))


async def load_snapshots(
    stored: StateRecords,
    checkpoint: Checkpoint,
    stop: int,
    ahead: bool,
    engine: Engine,
    dirty: DirtySymbols,
    cut_short: bool = False,
) -> Rebuild:
    """Load the snapshots into the engine and return what to replay.

    A snapshot that a former owner wrote after the committing owner's barrier may have replaced a newer one: the input
    after it is replayed, too.

    `ahead`: a snapshot may contain input from `stop` on, as under at_least_once. `cut_short`: the newest records of the
    state topic are missing, so older snapshots appear in their place.

    Raises:
        DataError: a newer release wrote the snapshots.
    """
    rebuild = Rebuild(checkpoint.replay_from, stop, checkpoint.replay_from, checkpoint.origin)
    refused = 0
    engine.reserve(len(stored.snapshots))
    for number, (key, value) in enumerate(stored.snapshots.items()):
        if number % LOAD_SLICE == 0:
            await asyncio.sleep(0)
        try:
            snapshot = unpack(key, value)
            if snapshot.offset >= stop and not ahead:
                raise Damaged(f"it contains input up to {snapshot.offset}, the group has committed {stop}")
            if late := snapshot.term < checkpoint.term < stored.places.get(key, 0):
                _check_late(snapshot, checkpoint)
        except Damaged as damage:
            refused += 1
            log.warning("snapshot refused", extra={"key": key.decode(errors="replace"), "cause": str(damage)})
            continue
        _load(snapshot, engine, dirty, rebuild)
        if late:
            rebuild.late += 1
            rebuild.unsaved = min(rebuild.unsaved, snapshot.offset + 1)
        failpoint("restoring")
    lost = max(checkpoint.saved - len(stored.snapshots), int(cut_short))
    METRICS.snapshots_refused.inc(refused + lost)
    METRICS.states_warmed_again.inc(len(rebuild.warming))
    rebuild.damaged = refused + lost
    if rebuild.late:
        log.warning(
            "a former owner has written snapshots late: replaying what they lack",
            extra={"snapshots": rebuild.late, "replay_from": rebuild.unsaved, "before": rebuild.floor},
        )
        rebuild.floor = rebuild.unsaved
    if rebuild.damaged:
        log.warning("rebuilding from the input", extra={"refused": refused, "lost": lost, "origin": checkpoint.origin})
        rebuild.floor = checkpoint.origin
    if rebuild.warming:
        log.warning("parameters or engine changed: warming up again", extra={"symbols": len(rebuild.warming)})
    return rebuild


def _check_late(snapshot: Snapshot, checkpoint: Checkpoint) -> None:
    """Refuse a late snapshot that a replay can't bring up to date, or that a rebuild from the origin must not use.

    Raises:
        Damaged: rebuild its symbol as if it had no snapshot.
    """
    rebuilt = checkpoint.replay_from <= checkpoint.origin
    if rebuilt or snapshot.offset < checkpoint.origin or snapshot.offset + 1 < checkpoint.journal_from:
        raise Damaged(f"a former owner wrote it late; it contains input up to {snapshot.offset} only")


def _load(snapshot: Snapshot, engine: Engine, dirty: DirtySymbols, rebuild: Rebuild) -> None:
    symbol = snapshot.symbol.encode()
    carry = migrate(snapshot.carry, snapshot.carry_version)
    same = snapshot.fingerprint == engine.fingerprints.of(snapshot.symbol)
    slot = engine.load(symbol, carry, snapshot.derived if same else None, snapshot.strategy)
    dirty.restored(slot, snapshot.warm_from, snapshot.warm_next)
    rebuild.held[symbol] = snapshot.offset
    wanted = engine.wants_bars(slot)
    if not same or wanted is not None:
        rebuild.warming[symbol] = warming_from(snapshot, wanted or 0, rebuild.origin)


def warming_from(snapshot: Snapshot, bars: int, origin: int) -> int:
    """Return the offset from which a symbol is warmed up again with about this many bars, and no fewer than usual.

    From `warm_from` on it has WARM_UP records to twice as many; before that they lie about as densely.
    """
    if bars <= WARM_UP:
        return snapshot.warm_from
    end = snapshot.offset + 1
    further = end - (end - snapshot.warm_from) * -(-bars // WARM_UP)
    return min(snapshot.warm_from, max(further, origin))


async def replay(
    tp: TopicPartition, engine: Engine, dirty: DirtySymbols, rebuild: Rebuild, reader: Reader, progress: Progress
) -> None:
    """Replay the input up to `rebuild.stop` (exclusive) through the engine, without outputs.

    Raises:
        InputGap: retention has deleted records that the state needs.
    """
    if rebuild.start >= rebuild.stop:
        return
    first, _ = await reader.bounds(tp)
    if first > rebuild.floor and rebuild.floor < rebuild.stop:
        raise InputGap(rebuild.floor, first)
    if first > rebuild.start:
        log.warning("less input than a full warm-up", extra={"needed": rebuild.start, "first": first})
    told = time.monotonic()
    async for raw in reader.raw(tp, max(rebuild.start, first), rebuild.stop):
        for start in range(0, len(raw), SLICE):
            part = raw.slice(start, start + SLICE)
            advance(part, engine, dirty, rebuild)
            reached = int(part.rows["offset"][-1]) + 1
            progress(reached, rebuild.stop)
            failpoint("replaying")
            await asyncio.sleep(0)
        if time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            log.info("restoring", extra={"partition": tp.partition, "offset": reached, "stop": rebuild.stop})
    # The reader skips records that retention has deleted meanwhile: check that it skipped none.
    first, _ = await reader.bounds(tp)
    if first > rebuild.floor and rebuild.floor < rebuild.stop:
        raise InputGap(rebuild.floor, first)


def advance(raw: RawRecords, engine: Engine, dirty: DirtySymbols, rebuild: Rebuild) -> None:
    """Replay one batch: apply each record to the states that do not contain it yet."""
    offsets = raw.rows["offset"]
    keys = [key or b"" for key in raw.all_keys()]
    held = np.array([rebuild.held.get(key, -1) for key in keys], np.int64)
    if rebuild.warming:
        since = np.array([rebuild.warming.get(key, rebuild.stop) for key in keys], np.int64)
        again = raw.where((since <= offsets) & (offsets <= held))
        if len(again):
            engine.warm_again_raw(again)
            rebuild.warmed += len(again)
    new = raw.where((offsets >= rebuild.floor) & (offsets > held))
    if len(new):
        engine.advance_raw(new)
        dirty.note(engine.touched, new.rows["offset"])
        rebuild.replayed += len(new)


def needs_journal(tp: TopicPartition, lost: int, fix: str) -> DataError:
    """Return the error of a journal that lacks `lost` entries, or (0) the older ones that a rebuild needs."""
    lacks = f"lacks {lost} entries" if lost else "no longer has the entries that a rebuild of lost snapshots needs"
    return DataError(
        f"the journal of {tp.topic} partition {tp.partition} {lacks}",
        f"Run `alphapulse state reset` to restart its symbols; or set state.on_loss=forget {fix}",
    )


def needs_input(tp: TopicPartition, gap: InputGap, damaged: int) -> DataError:
    """Return the error of an input gap."""
    begins = f"{tp.topic} partition {tp.partition} begins at offset {gap.first}, "
    if damaged:
        return DataError(
            f"{begins}but {damaged} lost or damaged snapshots can only be rebuilt from offset {gap.needed} on",
            "Set state.on_loss=forget to restart their symbols; or begin with another processing.group",
        )
    return DataError(
        f"{begins}but the group's state needs the records from {gap.needed} on",
        f"Set retention.ms=-1 on {tp.topic}; to start over use another processing.group, or `alphapulse state reset` "
        "if only the state needs them",
    )
