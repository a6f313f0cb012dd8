"""Workers with one rule of the cycle broken: `python -m tests.chaos.mutant <mutation> worker`.

The oracle must find each of them; else it could not find the same fault in the worker. Where two rules guard the same
thing, a mutant breaks both: the witness (`worker/stream/state/witness.py`) would refuse what the other rule lets
through.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.chaos import broken_cluster
from tests.chaos.unsure import answers_lost_on_signal
from worker.kafka.asking.offsets import NOBODY
from worker.kafka.errors import OutcomeUnknown
from worker.kafka.protocol.offsets import Membership, Position
from worker.kafka.records.outputs import Output
from worker.kafka.transactions import TransactionalProducer
from worker.stream.output import sink
from worker.stream.output.sink import TransactionalSink
from worker.stream.state import recovery
from worker.stream.state.checkpoint import Opened
from worker.stream.state.records import symbol_of

# Names that this module imports are replaced in it.
RECOVERY: Any = recovery
STATE = "worker.state."  # part of the name of state topics, as the tests make them


def id_per_worker() -> None:
    """Transactional ids that differ from worker to worker, and offsets that name no member: a new owner fences
    nobody, and the group has nothing to refuse. The outputs do not show that the group has gone further, either."""
    broken_cluster.begins_anew_beside_a_state()
    original, send = TransactionalSink.__init__, TransactionalProducer.send_offsets_to_transaction

    def changed(self: TransactionalSink, tp: Any, group: str, *rest: Any) -> None:
        original(self, tp, f"{group}-{os.getpid()}", *rest)
        self._group = group

    async def nameless(self: TransactionalProducer, offsets: Any, group_id: str, member: Membership) -> None:
        await send(self, offsets, group_id, NOBODY)

    TransactionalSink.__init__ = changed  # type: ignore[method-assign, assignment]
    TransactionalProducer.send_offsets_to_transaction = nameless  # type: ignore[method-assign]


async def _asked(sink: TransactionalSink) -> Any:
    """What any coordinator says that the group has committed."""
    tp, group = sink._tp, sink._group
    async with AIOKafkaConsumer(**sink._clients.options, group_id=group, enable_auto_commit=False) as consumer:
        found = (await consumer._coordinator.fetch_committed_offsets([tp])).get(tp)
    return None if found is None or found.offset < 0 else Position(found.offset, text=found.metadata)


def offset_before_fence() -> None:
    """The committed offset is read before the former owner is fenced."""
    broken_cluster.begins_anew_beside_a_state()
    start, read = TransactionalSink.start, TransactionalSink.read
    early: dict[int, Any] = {}

    async def started(self: TransactionalSink) -> None:
        early[id(self)] = await _asked(self)
        await start(self)

    async def changed(self: TransactionalSink) -> Opened:
        return (await read(self))._replace(committed=early.pop(id(self)))

    TransactionalSink.start = started  # type: ignore[method-assign]
    TransactionalSink.read = changed  # type: ignore[method-assign]


def acknowledgements_not_awaited() -> None:
    """Nobody looks at what became of a sent batch, the commit included."""
    original = sink._submit

    async def changed(producer: Any, builder: Any, topic: str, partition: int) -> Any:
        sent = await original(producer, builder, topic, partition)
        sent.acknowledged.add_done_callback(lambda done: done.cancelled() or done.exception())
        seeming: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        seeming.set_result(-1)
        return sent._replace(acknowledged=seeming) if STATE not in topic else sent

    async def committed(self: TransactionalProducer) -> None:
        await self._end(commit=True)

    sink._submit = changed
    TransactionalProducer.commit_transaction = committed  # type: ignore[method-assign]


def sent_again() -> None:
    """An unknown outcome is taken for an abort: the same outputs are sent again."""
    create, deliver = TransactionalSink.__init__, TransactionalSink.deliver
    given: dict[int, tuple[Any, ...]] = {}

    def created(self: TransactionalSink, *arguments: Any) -> None:
        given[id(self)] = arguments
        create(self, *arguments)

    async def changed(self: TransactionalSink, outputs: Iterable[Output], *rest: Any) -> Any:
        kept = list(outputs)
        try:
            return await deliver(self, kept, *rest)
        except OutcomeUnknown:
            await self.stop()
            create(self, *given[id(self)])
            await self.start()
            return await deliver(self, kept, *rest)

    TransactionalSink.__init__ = created  # type: ignore[method-assign, assignment]
    TransactionalSink.deliver = changed  # type: ignore[method-assign, assignment]


def snapshot_before_commit() -> None:
    """Snapshots are written before the transaction, by a producer that knows of none; the rest of the state is not,
    or it would show that something is wrong."""
    create, deliver = TransactionalSink.__init__, TransactionalSink.deliver
    options: dict[int, dict[str, Any]] = {}

    def created(self: TransactionalSink, tp: Any, group: str, state: str, clients: Any, *rest: Any) -> None:
        options[id(self)] = clients.producing
        create(self, tp, group, state, clients, *rest)

    async def changed(self: TransactionalSink, outputs: Iterable[Output], saved: Iterable[Output], *rest: Any) -> Any:
        kept = list(saved)
        early = [output for output in kept if symbol_of(output.key or b"") is not None]
        async with AIOKafkaProducer(**options[id(self)]) as producer:
            await sink._send(producer, early, self._tp.partition)
        return await deliver(self, outputs, [output for output in kept if output not in early], *rest)

    TransactionalSink.__init__ = created  # type: ignore[method-assign, assignment]
    TransactionalSink.deliver = changed  # type: ignore[method-assign, assignment]


def snapshot_before_commit_believed() -> None:
    """The same, and a restore believes a snapshot that holds more than is committed."""
    snapshot_before_commit()
    load = RECOVERY.load_snapshots

    async def changed(stored: Any, checkpoint: Any, stop: int, ahead: bool, *rest: Any) -> Any:
        return await load(stored, checkpoint, stop, True, *rest)

    RECOVERY.load_snapshots = changed


def positions_not_compared() -> None:
    """The archive loads its table again after a refused commit, and then commits the same rows again."""
    from worker.archive.delta.table import DeltaTable
    from worker.archive.owned import Owned

    def settled(self: Owned) -> dict[int, int]:
        self.sink.load(self.partitions)
        return {}

    append = DeltaTable.append

    def changed(self: DeltaTable, rows: Any, before: Any, after: Any) -> None:
        append(self, rows, self.positions, after)

    Owned.settle = settled  # type: ignore[method-assign]
    DeltaTable.append = changed  # type: ignore[method-assign]


MUTATIONS: dict[str, Callable[[], None]] = {
    mutation.__name__: mutation
    for mutation in (
        id_per_worker,
        offset_before_fence,
        acknowledgements_not_awaited,
        sent_again,
        snapshot_before_commit,
        snapshot_before_commit_believed,
        positions_not_compared,
        *broken_cluster.MUTATIONS,
        answers_lost_on_signal,  # no broken rule: a fault that a test calls for
    )
}


def program(*mutations: str) -> tuple[str, str]:
    """Module and argument that run a worker with these mutations."""
    return "tests.chaos.mutant", "+".join(MUTATIONS[mutation].__name__ for mutation in mutations)


def main() -> None:
    """Break the rules, then run the program as it is."""
    from worker.cli import main as alphapulse

    for mutation in sys.argv.pop(1).split("+"):
        MUTATIONS[mutation]()
    alphapulse()


if __name__ == "__main__":
    main()
