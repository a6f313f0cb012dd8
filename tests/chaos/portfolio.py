"""The monitor of the portfolio's risk under faults: a flow of decisions, members that follow each other, the oracle."""

from __future__ import annotations

import asyncio
import time
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition

from schemas.portfolio import Portfolio
from tests.chaos.three import PARTITIONS, USUAL, Places, coordinate, order
from tests.support.fleet import WorkerProcess, until
from tests.support.monitored import Log
from tests.support.netns import SplitCluster
from tests.support.nodes import GROUP as COORDINATOR_OF_GROUP
from tests.support.nodes import TRANSACTION as COORDINATOR_OF_TRANSACTION
from tests.support.nodes import answered, create_on
from tests.support.oracle import PATIENCE
from tests.support.portfolio import START
from tests.support.risk import Monitors, assert_exactly_once, owned_at, owns, reached, risk_settings
from worker.errors import Exit
from worker.kafka.client import client_options
from worker.kafka.reader import Reader
from worker.kafka.topics import wanted, wanted_by_risk
from worker.settings import Settings

EACH, PAUSE = 10, 0.25  # decisions of a partition at a time, seconds between two times
AFTER_TERM = 2.0  # seconds in which another member owns the portfolio after a SIGTERM
SLACK = 2.0  # seconds, after the session's timeout, in which it does after a kill
TAIL = 512  # offsets, in which some record of the portfolio lies
MOMENT = 20.0  # seconds in which a member ends
_portfolio = msgspec.json.Decoder(Portfolio).decode


class Flow:
    """Publishes made-up decisions in the background until it is cut."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self._topic, self._log = settings.topics.output, log
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka.bootstrap_servers, enable_idempotence=True, request_timeout_ms=60_000
        )
        self._stop = asyncio.Event()
        self._last = START  # close of the newest decision
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        await self._producer.start()
        self._task = asyncio.create_task(self._publish(), name="flow")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._stop.set()
        await self._task
        await self._producer.stop()

    async def cut(self) -> int:
        """End it here; returns the close of the newest decision, epoch ms."""
        assert not self._task.done(), "the decisions ended before the faults"
        self._stop.set()
        await self._task
        return self._last

    async def _publish(self) -> None:
        for begin in range(0, max(map(len, self._log)), EACH):
            sent = []
            for partition, values in enumerate(self._log):
                for _, value in values[begin : begin + EACH]:
                    decided = msgspec.json.decode(value)
                    key, close = decided["symbol"].encode(), decided["close_ts"]
                    sent.append(await self._producer.send(self._topic, value, key, partition, close))
                    self._last = max(self._last, close)
            await asyncio.gather(*sent)
            try:
                await asyncio.wait_for(self._stop.wait(), PAUSE)
            except TimeoutError:
                continue
            return


class Team(Monitors):
    """Members of the monitor's group that follow each other."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__(settings, folder)
        self._numbers = count()

    def member(self, *arguments: str, **extra: str) -> WorkerProcess:
        """Start one more."""
        return self.monitor(f"member-{next(self._numbers)}", *arguments, **extra)

    async def begun(self, members: int) -> None:
        """Start so many, and wait until one owns the portfolio and the others stand by."""
        for _ in range(members):
            self.member()
        await self.settled()

    async def settled(self) -> WorkerProcess:
        """Wait until one member owns the portfolio and all others stand by; returns the owner."""
        owners: list[WorkerProcess] = []

        async def holds() -> bool:
            for member in self.workers:
                assert member.running, f"{member.name} ended with {member.process.poll()}:\n{member.text}"
            ready = all([(await member.probe("/readyz"))[0] == 200 for member in self.workers])
            owners[:] = [member for member in self.workers if await member.metric("risk_owner") == 1]
            return ready and len(owners) == 1

        await until(holds, PATIENCE, f"one owner, and standbys\n{self.logs()}")
        return owners[0]

    async def taken_over(self, since: float) -> float:
        """Wait until a member has become the owner after a time, Unix seconds; returns how long that took."""

        async def holds() -> bool:
            return any(owned_at(member) > since for member in self.workers)

        await until(holds, PATIENCE, f"a new owner\n{self.logs()}")
        return min(at for member in self.workers if (at := owned_at(member)) > since) - since

    async def now(self) -> WorkerProcess:
        """Wait for a member that owns the portfolio."""
        found: list[WorkerProcess] = []

        async def holds() -> bool:
            running = [member for member in self.workers if member.running and not member.stopped]
            found[:] = [member for member in running if await member.metric("risk_owner") == 1]
            return bool(found)

        await until(holds, PATIENCE, f"an owner\n{self.logs()}")
        return found[0]

    def lose(self, member: WorkerProcess) -> None:
        """Kill a member, as by kill -9."""
        member.kill()
        self.workers.remove(member)

    async def fenced(self, member: WorkerProcess) -> None:
        """Wait until a member has ended as one that lost the portfolio: to be restarted."""
        assert await member.exit_code(PATIENCE) == Exit.TEMPORARY, member.text
        assert "Traceback" not in member.text, member.text
        self.workers.remove(member)

    async def revived(self) -> None:
        """Do what a supervisor does: start those again that ask for it; then wait for an owner."""
        for member in [member for member in self.workers if not member.running]:
            code = member.process.returncode
            assert code in (Exit.TEMPORARY, Exit.UNAVAILABLE), f"{member.name} ended with {code}:\n{member.text}"
            self.workers.remove(member)
            self.member()
        await owns(await self.now())

    async def proven(self, flow: Flow, alone: bool = True) -> list[Portfolio]:
        """Cut the flow, wait for its last step, stop, and check every record that was written; returns the steps."""
        end = await flow.cut()
        await reached(self.settings, end, PATIENCE)
        await self.stop(MOMENT)
        return await assert_exactly_once(self.settings, alone)


async def went_on(settings: Settings, by: int = 20) -> None:
    """Wait until the portfolio has taken so many more steps."""
    seen: list[int] = []

    async def holds() -> bool:
        seen.append(await taken(settings))
        return seen[-1] >= seen[0] + by

    await answered(holds, f"{by} more steps", PATIENCE)


async def taken(settings: Settings) -> int:
    """The number of the last step that is committed; 0 for none."""
    tp = TopicPartition(settings.topics.figures, 0)
    async with Reader(client_options(settings.kafka)) as reader:
        end = await reader.leaders.end(tp)
        batches = reader.batches(tp, max(0, end - TAIL), end)
        last = [batch[-1] async for batch in batches]
    return _portfolio(last[-1].value or b"").number if last else 0


def clock() -> float:
    """Unix seconds, as the members' logs tell them: in whole milliseconds."""
    return int(time.time() * 1000) / 1000


async def three_portfolio(cluster: SplitCluster, prefix: str, places: Places = USUAL) -> Settings:
    """Settings of a monitor with its topics made on three brokers, everything in its place."""
    settings = risk_settings(cluster.bootstrap, prefix, PARTITIONS)
    uncompacted = {"min.cleanable.dirty.ratio": "1.0"}
    for topic, configs in wanted(settings).items():
        more = uncompacted if topic == settings.topics.limits else {}
        await create_on(cluster, topic, [order(places.logs)] * PARTITIONS, configs | more)
    for topic, configs in wanted_by_risk(settings).items():
        first = places.state if topic == settings.risk_state_topic else places.logs
        await create_on(cluster, topic, [order(first)], configs)
    await coordinate(cluster, settings.risk_group, COORDINATOR_OF_GROUP, places.group)
    transactional_id = f"{settings.risk_group}-{settings.risk_state_topic}"
    await coordinate(cluster, transactional_id, COORDINATOR_OF_TRANSACTION, places.transactions)
    return settings
