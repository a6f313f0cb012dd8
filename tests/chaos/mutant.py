"""Workers with one rule of the cycle broken: `python -m tests.chaos.mutant <mutation> worker`.

The oracle must find each of them; else it could not find the same fault in the worker.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer

from worker.stream import sink
from worker.stream.failures import OutcomeUnknown
from worker.stream.partition import Partition
from worker.stream.sink import Output, TransactionalSink


def id_per_worker() -> None:
    """Transactional ids that differ from worker to worker: a new owner fences nobody."""
    original = TransactionalSink.__init__

    def changed(self: TransactionalSink, tp: Any, group: str, options: dict[str, Any], timeout_ms: int) -> None:
        original(self, tp, f"{group}-{os.getpid()}", options, timeout_ms)
        self._group = group

    TransactionalSink.__init__ = changed  # type: ignore[method-assign]


def offset_before_fence() -> None:
    """The committed offset is read before the former owner is fenced."""
    original = Partition.open

    async def changed(self: Partition, consumer: AIOKafkaConsumer) -> None:
        early = await self._committed(consumer)

        async def known(_: AIOKafkaConsumer) -> Any:
            return early

        self._committed = known  # type: ignore[method-assign, assignment]
        try:
            await original(self, consumer)
        finally:
            del self._committed

    Partition.open = changed  # type: ignore[method-assign]


def acknowledgements_not_awaited() -> None:
    """Nobody looks at what became of a sent batch."""
    original = sink._submit

    async def changed(producer: Any, builder: Any, topic: str, partition: int) -> asyncio.Future[Any]:
        sent = await original(producer, builder, topic, partition)
        sent.add_done_callback(lambda done: done.exception())
        seeming: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        seeming.set_result(None)
        return seeming

    sink._submit = changed


def sent_again() -> None:
    """An unknown outcome is taken for an abort: the same outputs are sent again."""
    create, deliver = TransactionalSink.__init__, TransactionalSink.deliver
    given: dict[int, tuple[Any, ...]] = {}

    def created(self: TransactionalSink, *arguments: Any) -> None:
        given[id(self)] = arguments
        create(self, *arguments)

    async def changed(self: TransactionalSink, outputs: Iterable[Output], *rest: Any) -> None:
        kept = list(outputs)
        try:
            await deliver(self, kept, *rest)
        except OutcomeUnknown:
            await self.stop()
            create(self, *given[id(self)])
            await self.start()
            await deliver(self, kept, *rest)

    TransactionalSink.__init__ = created  # type: ignore[method-assign, assignment]
    TransactionalSink.deliver = changed  # type: ignore[method-assign, assignment]


MUTATIONS: dict[str, Callable[[], None]] = {
    mutation.__name__: mutation
    for mutation in (id_per_worker, offset_before_fence, acknowledgements_not_awaited, sent_again)
}


def program(mutation: str) -> tuple[str, str]:
    """Module and argument that run a worker with this mutation."""
    return "tests.chaos.mutant", MUTATIONS[mutation].__name__


def main() -> None:
    """Break one rule, then run the program as it is."""
    from worker.cli import main as alphapulse

    MUTATIONS[sys.argv.pop(1)]()
    alphapulse()


if __name__ == "__main__":
    main()
