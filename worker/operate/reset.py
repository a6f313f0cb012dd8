"""Reset of a group's state, one transaction per partition.

The transaction keeps the committed offset and records where the next state begins.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import msgspec
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient

from schemas.state import ReplayFrom, Reset
from worker.errors import AlphapulseError, TryAgain
from worker.kafka.asking.offsets import NOBODY
from worker.kafka.errors import FAILURES, Fenced, OutcomeUnknown, meaning
from worker.kafka.group import members
from worker.kafka.identity import recreated, text_of, topic_ids
from worker.kafka.preflight import Checked, admin_client, preflight
from worker.kafka.producers import Clients, clients
from worker.kafka.reader import Reader, Truncated
from worker.kafka.records.outputs import Output
from worker.kafka.seams.clients import close_client
from worker.kafka.topics import partitions_changed
from worker.settings import Settings
from worker.stream.output.sink import Commit, Sink, sink_of
from worker.stream.state.checkpoint import Checkpoint, Committed, committed
from worker.stream.state.contradiction import beyond_end, left_out, set_ahead, set_back
from worker.stream.state.records import FORMAT, REPLAY_FROM, reset_key
from worker.stream.state.topic import StateRecords, read_state
from worker.stream.state.witness import contradicting, outputs_end

_encode = msgspec.msgpack.Encoder().encode


class Renewed(NamedTuple):
    """The reset of one partition's state."""

    partition: int
    removed: int  # snapshots
    start: int | None  # input offset from which the next worker builds the state; None: nothing was committed
    anew: str  # why its symbols restart there with sequence 1; empty: the input rebuilds the state


async def reset(settings: Settings, anew: bool = False) -> list[Renewed]:
    """Remove every snapshot of a group.

    The next worker rebuilds the state if input and journal suffice. Otherwise, and with `anew`, each symbol restarts
    without state at the committed offset, and a `Reset` record marks it.

    Raises:
        TryAgain: the group has members, or one has joined meanwhile.
        DataError: the committed offset contradicts the state, the outputs or the end of the input.
        AlphapulseError: the checks of a worker fail.
    """
    checked = await preflight(settings)
    async with admin_client(settings.kafka) as admin:
        if running := await members(admin, settings.processing.group):
            raise TryAgain(f"the group {settings.processing.group} has {running} members", "Stop its workers first")
    async with _client(checked) as client:
        shared = clients(client, lambda: NOBODY, checked.options, checked.batch_bytes, settings, {})
        return [await _reset(settings, tp, shared, checked.partitions, anew) for tp in _tps(settings, checked)]


def _tps(settings: Settings, checked: Checked) -> list[TopicPartition]:
    return [TopicPartition(settings.topics.input, partition) for partition in range(checked.partitions)]


@asynccontextmanager
async def _client(checked: Checked) -> AsyncIterator[AIOKafkaClient]:
    """Yield a client that commits for the group without joining it."""
    client = AIOKafkaClient(**checked.options)
    try:
        await client.bootstrap()
        yield client
    finally:
        await close_client(client)


async def _reset(settings: Settings, tp: TopicPartition, shared: Clients, partitions: int, anew: bool) -> Renewed:
    sink = sink_of(tp, settings, shared)
    try:
        await sink.start()  # fences a frozen worker that considers itself the owner
        return await _renew(settings, tp, sink, shared, partitions, anew)
    except (Fenced, OutcomeUnknown, Truncated) as error:
        raise _again(tp, error) from error
    except FAILURES as error:
        failure = meaning(error, tp.topic)
        raise (failure if isinstance(failure, AlphapulseError) else _again(tp, failure)) from error
    finally:
        await sink.stop()


async def _renew(
    settings: Settings, tp: TopicPartition, sink: Sink, shared: Clients, partitions: int, anew: bool
) -> Renewed:
    opened = await sink.read()
    found = committed(opened.committed)
    async with Reader(shared.options) as reader:
        ids = await topic_ids(reader.leaders, tp.topic, settings.state_topic)
        if found and found.checkpoint and found.checkpoint.input_id not in (0, ids.input):
            raise recreated(tp.topic, settings)
        stored = await read_state(reader, TopicPartition(settings.state_topic, tp.partition), opened.barrier + 1)
        first, end = await reader.bounds(tp)
        await _refuse_contradiction(settings, tp, reader, found, stored, end)
    if found is None:
        return Renewed(tp.partition, 0, None, "")
    why = "requested by --anew" if anew else obstacle(found, stored, first)
    checkpoint = renewed(found, stored, partitions, anew=bool(why))
    named = {"input_id": ids.input, "state_id": ids.state, "offset": found.offset, "term": opened.barrier}
    checkpoint = checkpoint._replace(**named)
    records = _records(settings.state_topic, stored, checkpoint, found.offset, anew=bool(why))
    await sink.deliver((), records, Commit(found.offset, found.epoch, checkpoint))
    return Renewed(tp.partition, len(stored.snapshots), checkpoint.origin, why)


async def _refuse_contradiction(
    settings: Settings, tp: TopicPartition, reader: Reader, found: Committed | None, stored: StateRecords, end: int
) -> None:
    """Refuse a committed offset that contradicts state, outputs or input: without the state nothing may prove it."""
    outputs = await outputs_end(reader.leaders, settings, tp.partition)
    if settings.state.on_rewind == "fail":
        exactly_once = settings.processing.guarantee == "exactly_once"
        if witness := contradicting(stored, outputs.next, 0, exactly_once, found):
            raise set_back(settings, tp.partition, found.offset if found else None, witness)
    if found is None:
        return
    if found.by_hand and found.offset > end:
        raise beyond_end(settings, tp.partition, found.offset, end)
    if settings.state.on_skip == "fail":
        left = await left_out(reader.leaders, tp, found, stored, outputs)
        if left and left.certain:
            raise set_ahead(settings, tp.partition, found.offset, left)


def _again(tp: TopicPartition, error: BaseException) -> TryAgain:
    return TryAgain(
        f"it is unknown whether the state of {tp.topic} partition {tp.partition} was removed: {error}",
        "Stop all workers of the group and repeat the reset: it is idempotent",
    )


def obstacle(found: Committed, stored: StateRecords, first: int) -> str:
    """Return why the state can't be rebuilt from an input that begins at `first`; empty if it can."""
    known = found.checkpoint
    if known is None:
        return "the offset was set by hand"
    if first > known.origin:
        return f"the input begins at offset {first}, the group began at {known.origin}"
    if known.journal_from > known.origin:
        return f"the journal of limits begins at offset {known.journal_from}, the group began at {known.origin}"
    if stored.refused_entries or len(stored.journal) < known.journal:
        return "the journal of limits has lost entries"
    return ""


def renewed(found: Committed, stored: StateRecords, partitions: int, anew: bool) -> Checkpoint:
    """Return the checkpoint without snapshots: of a state that the input rebuilds, or with `anew` of an empty one.

    Raises:
        ConfigError: the input's partition count differs from that of the group's state.
    """
    known = found.checkpoint or Checkpoint(0, 0, 0, partitions)
    if known.partitions != partitions:
        raise partitions_changed("the input", known.partitions, partitions)
    if anew:
        known = known._replace(origin=found.offset, journal_from=found.offset)
    return known._replace(replay_from=known.origin, saved=0, journal=len(stored.journal))


def _records(topic: str, stored: StateRecords, checkpoint: Checkpoint, offset: int, anew: bool) -> list[Output]:
    stamp = int(time.time() * 1000)
    values: dict[bytes, bytes | None] = dict.fromkeys((*stored.snapshots, *stored.refused_entries))
    if anew:
        values[reset_key(offset)] = _encode(Reset(FORMAT, offset, stamp))
    input_id, term = text_of(checkpoint.input_id), checkpoint.term
    resume = ReplayFrom(FORMAT, checkpoint.origin, checkpoint.replay_from, offset, input_id, term)
    values[REPLAY_FROM] = _encode(resume)
    return [Output(topic, key, value, stamp, ()) for key, value in values.items()]
