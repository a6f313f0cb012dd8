"""View of a group's state topic: its contents per partition, and the states of symbols."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from aiokafka import TopicPartition
from numpy.typing import NDArray

from schemas.state import StrategyState
from worker.engine.asking.standing import STANDING, STANDING_VERSION
from worker.engine.state.fingerprints import Fingerprints
from worker.engine.state.layout import CARRY, DERIVED
from worker.engine.state.migration import migrate
from worker.engine.state.own import dtype_of
from worker.errors import ConfigError
from worker.kafka import topics
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Reader
from worker.settings import Settings, load_engine_of
from worker.stream.state.checkpoint import Committed
from worker.stream.state.committed import checkpoints
from worker.stream.state.records import Damaged, Snapshot, unpack
from worker.stream.state.topic import StateRecords, read_state


@dataclass
class Held:
    """The contents of one state partition."""

    partition: int
    symbols: int = 0
    bytes: int = 0
    damaged: int = 0
    lost: int = 0  # snapshots that the checkpoint counts but the topic lacks
    matching: int = 0  # snapshots whose derived part fits the present settings
    committed: int | None = None  # the group's next input offset
    unsaved: int = 0  # input offsets that a new owner replays
    journal: int = 0  # entries that replays may need
    partitions: int | None = None  # partition count that the state was made for
    config_hash: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for `--json`."""
        return asdict(self)


class State(NamedTuple):
    """One symbol's state in this release's layout; `derived` is None if made by another engine or other parameters."""

    partition: int
    snapshot: Snapshot
    carry: NDArray[Any]
    derived: NDArray[Any] | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, field by field."""
        s = self.snapshot
        head = {"symbol": s.symbol, "partition": self.partition, "offset": s.offset, "fingerprint": s.fingerprint}
        derived = None if self.derived is None else _plain(self.derived)
        found = head | {"carry_version": s.carry_version, "carry": _plain(self.carry), "derived": derived}
        return found if s.strategy is None else found | {"strategy": _kept(s.strategy)}


def _kept(state: StrategyState) -> dict[str, Any]:
    own = np.frombuffer(state.own, dtype_of(state.fields))[0] if state.own else None
    standing = np.frombuffer(state.standing, STANDING)[0] if state.standing_version == STANDING_VERSION else None
    told = {"own": None if own is None else _plain(own), "standing": None if standing is None else _plain(standing)}
    return {"name": state.name, "version": state.version, "plan": state.plan} | told


def _plain(record: Any) -> Any:
    if isinstance(record, np.void) and record.dtype.names:
        return {name: _plain(record[name]) for name in record.dtype.names}
    if isinstance(record, np.ndarray):
        return [_plain(item) for item in record] if record.dtype.names or record.ndim > 1 else record.tolist()
    return record.item() if isinstance(record, np.generic) else record


async def inspect(settings: Settings) -> list[Held]:
    """Return the contents of each state partition.

    Raises:
        ConfigError: the state topic does not exist.
    """
    count = await _partitions(settings)
    async with admin_client(settings.kafka) as admin:
        committed = await checkpoints(admin, settings, count)
    known = Fingerprints(load_engine_of(settings))
    return [_held(p, stored, committed.get(p), known) async for p, stored in _stored(settings, count)]


def _held(partition: int, stored: StateRecords, committed: Committed | None, known: Fingerprints) -> Held:
    held = Held(partition, symbols=len(stored.snapshots), bytes=sum(map(len, stored.snapshots.values())))
    held.journal = len(stored.journal)
    for key, value in stored.snapshots.items():
        try:
            snapshot = unpack(key, value)
            held.matching += snapshot.fingerprint == known.of(snapshot.symbol)
        except Damaged:
            held.damaged += 1
    if stored.owner:
        held.partitions, held.config_hash = stored.owner.partitions, stored.owner.config_hash
    if committed:
        held.committed = committed.offset
        if checkpoint := committed.checkpoint:
            held.unsaved = committed.offset - checkpoint.replay_from
            held.lost = max(checkpoint.saved - held.symbols, 0)
    return held


async def export(settings: Settings, symbol: str | None = None) -> list[State]:
    """Return the states of one symbol or of all, without damaged ones.

    Raises:
        ConfigError: the state topic or the symbol does not exist.
        DataError: another release wrote the state.
    """
    known = Fingerprints(load_engine_of(settings))
    found = []
    async for partition, stored in _stored(settings, await _partitions(settings)):
        for key, value in stored.snapshots.items():
            try:
                snapshot = unpack(key, value)
            except Damaged:
                continue
            if symbol in (None, snapshot.symbol):
                found.append(_state(partition, snapshot, known))
    if symbol is not None and not found:
        raise ConfigError(f"there is no snapshot of {symbol}", "`alphapulse state inspect` lists the snapshots")
    return found


def _state(partition: int, snapshot: Snapshot, known: Fingerprints) -> State:
    carry = np.frombuffer(migrate(snapshot.carry, snapshot.carry_version), CARRY)[0]
    same = snapshot.fingerprint == known.of(snapshot.symbol)
    return State(partition, snapshot, carry, np.frombuffer(snapshot.derived, DERIVED)[0] if same else None)


async def _partitions(settings: Settings) -> int:
    async with admin_client(settings.kafka) as admin:
        found = await topics.describe(admin, (settings.state_topic,))
    if settings.state_topic not in found:
        raise ConfigError(f"the topic {settings.state_topic} does not exist", "Run `alphapulse topics create`")
    return found[settings.state_topic].partitions


async def _stored(settings: Settings, partitions: int) -> AsyncIterator[tuple[int, StateRecords]]:
    async with Reader(client_options(settings.kafka)) as reader:
        for partition in range(partitions):
            yield partition, await read_state(reader, TopicPartition(settings.state_topic, partition))
