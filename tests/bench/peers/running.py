"""One run of one peer: fresh topics, a fresh process, its CPU time, and its outputs checked."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.cpu import Client, Failed, Rates, measure
from tests.bench.peers.catalogue import Peer, Place
from tests.bench.peers.market import Expected
from tests.bench.peers.outputs import faults, read
from tests.bench.progress import PARTITIONS, Committed, Watch, Written
from worker.kafka.preflight import admin_client
from worker.operate.create_topics import create
from worker.settings import load_settings

DEADLINE_S = 300.0


class Arena:
    """One broker with the inputs that have been made on it."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.watch = Watch(bootstrap)
        self._inputs: dict[int, Expected] = {}

    def input(self, records: int, say: Callable[[str], None]) -> tuple[str, Expected]:
        """The topic with so many records; made on first use."""
        from tests.bench.peers.market import load

        name = f"bars.{records}"
        if records not in self._inputs:
            say(f"publishing {records:,} bars")
            self._inputs[records] = load(self.bootstrap, self.watch, name, records)
        return name, self._inputs[records]

    @contextmanager
    def place(self, input_topic: str, reset: str = "earliest", partitions: int = PARTITIONS) -> Iterator[Place]:
        """New output topics and a scratch folder; both are gone afterwards."""
        run = uuid.uuid4().hex[:8]
        with tempfile.TemporaryDirectory(prefix="alphapulse-bench-") as folder:
            place = Place(self.bootstrap, input_topic, f"out-{run}", f"group-{run}", Path(folder), reset)
            self.watch.create(place.output, place.rejected, partitions=partitions)
            try:
                yield place
            finally:
                self.watch.delete(place.output, place.rejected)


def run(arena: Arena, peer: Peer, task: str, guarantee: str, topic: str, expected: Expected) -> Rates:
    """CPU time over the whole input.

    Raises:
        Failed: it ended, took too long, or its outputs are wrong.
    """
    with arena.place(topic) as place:
        client, done = started(peer, place, task, guarantee), _progress(peer, place, task, guarantee)
        try:
            rates = measure([client], done, expected.records, DEADLINE_S)
            wrong = faults(read(arena.bootstrap, peer.topics(place, task), expected.records), expected, task)
        finally:
            client.stop()
            done.close()
    if wrong:
        raise Failed("; ".join(wrong))
    return rates


def started(peer: Peer, place: Place, task: str, guarantee: str) -> Client:
    """The peer's process."""
    if peer.name.startswith("worker"):
        make_worker_topics(place)
    start = peer.start(place, task, guarantee)
    return Client(start.command, place.folder / "client.log", start.environment)


def make_worker_topics(place: Place) -> None:
    """What else a group of workers needs: its state topic and the control topic."""
    settings = load_settings(
        {
            "kafka": {"bootstrap_servers": place.bootstrap},
            "topics": {"ticks": place.input, "decisions": place.output, "rejected": place.rejected},
            "processing": {"group": place.group},
        }
    )

    async def make() -> None:
        async with admin_client(settings.kafka) as admin:
            await create(admin, settings)

    asyncio.run(make())


def _progress(peer: Peer, place: Place, task: str, guarantee: str) -> Committed | Written:
    # Exactly once, transaction markers take offsets in the outputs; the committed input offsets count records alone.
    # At least once, frameworks commit every few seconds; the outputs show what is done.
    if guarantee == "eos":
        return Committed(place.bootstrap, place.group, place.input)
    return Written(place.bootstrap, peer.topics(place, task))
