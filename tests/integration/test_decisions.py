"""`decisions` on a real broker: filters, what is said when nothing passes, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from schemas import Decision, Rejection
from tests.integration.conftest import Bootstrap
from tests.support.kafka import create_topics, produce
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.errors import Exit
from worker.sources.simulation.simulator import Simulation, simulated_records

pytestmark = pytest.mark.kafka
PARTITIONS = 3


class Outcome(NamedTuple):
    """An outcome, when it was written, and where."""

    ts: int
    partition: int
    item: Decision | Rejection


def outcomes() -> list[Outcome]:
    """What a simulated market leads to; a few symbols trade."""
    records = list(simulated_records(Simulation(symbols=7, bars=300, seed=12, fault_rate=0.02)))
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    engine = RecordEngine(EngineSettings())
    return [
        Outcome(ts, hash_of(key), item)
        for ts, key, item in zip(batch.timestamps, batch.keys, engine.process(batch), strict=True)
    ]


def hash_of(key: bytes | None) -> int:
    return sum(key or b"") % PARTITIONS


class Done(NamedTuple):
    """How a command has ended."""

    code: int
    lines: list[bytes]
    errors: str


class Topics(NamedTuple):
    """Both outputs on a broker."""

    bootstrap: str
    prefix: str
    held: list[Outcome]

    async def command(self, *arguments: str) -> Done:
        """`alphapulse decisions`."""
        process = await self.start(*arguments)
        output, errors = await process.communicate()
        assert process.returncode is not None
        return Done(process.returncode, output.splitlines(), errors.decode())

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        where = ("-b", self.bootstrap, "--prefix", self.prefix)
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "worker", "decisions", *where, *arguments, stdout=PIPE, stderr=PIPE
        )

    def newest(self, last: int, wanted: Callable[[Any], bool]) -> list[bytes]:
        """By hand: filter, sort by time, then the last."""
        found = [(one.ts, one.partition, at) for at, one in enumerate(self.held) if wanted(one.item)]
        return [msgspec.json.encode(self.held[at].item) for *_, at in sorted(found)[-last:]]


@pytest.fixture
async def topics(broker: Bootstrap, topic_prefix: str) -> Topics:
    """Decisions and rejections in transactions of a few records each, and one that was aborted."""
    prefix = f"{topic_prefix}."
    names = {f"{prefix}decisions": Decision, f"{prefix}ticks.rejected": Rejection}
    await create_topics(broker.bootstrap, dict.fromkeys(names, PARTITIONS))
    held = outcomes()
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=prefix) as producer:
        for start in range(0, len(held), 40):
            async with producer.transaction():
                for one in held[start : start + 40]:
                    [name] = [name for name, kind in names.items() if isinstance(one.item, kind)]
                    await producer.send(
                        name, msgspec.json.encode(one.item), partition=one.partition, timestamp_ms=one.ts
                    )
        await producer.begin_transaction()
        for name in names:
            await producer.send_and_wait(name, msgspec.json.encode(held[0].item), partition=0)
        await producer.abort_transaction()
    return Topics(broker.bootstrap, prefix, held)


def acts(action: str) -> Callable[[Any], bool]:
    return lambda item: isinstance(item, Decision) and item.action == action


async def test_filters_apply_before_last(topics: Topics) -> None:
    rare = acts("open_long")
    assert 3 < sum(rare(one.item) for one in topics.held) < 100
    cases: list[tuple[list[str], list[bytes]]] = [
        (["--last", "3", "--action", "open_long"], topics.newest(3, rare)),
        (["--last", "5", "--symbol", "SIM0003"], topics.newest(5, lambda d: is_of(d, "SIM0003"))),
        (["--last", "1000", "--action", "open_long"], topics.newest(1_000, rare)),
        (
            ["--last", "2", "--action", "open_long", "--action", "open_short", "-s", "SIM0001", "-s", "SIM0002"],
            topics.newest(
                2, lambda d: is_of(d, "SIM0001", "SIM0002") and (acts("open_long")(d) or acts("open_short")(d))
            ),
        ),
        (
            ["--rejected", "--last", "2", "--code", "negative_volume"],
            topics.newest(2, lambda r: isinstance(r, Rejection) and "negative_volume" in r.codes),
        ),
        (["--last", "7"], topics.newest(7, lambda d: isinstance(d, Decision))),
        (["--last", "0"], []),
    ]
    for arguments, lines in cases:
        done = await topics.command("--no-follow", "--json", *arguments)
        assert (done.code, done.errors) == (0, ""), arguments
        assert done.lines == lines, arguments
        assert lines or arguments == ["--last", "0"]


def is_of(item: Any, *symbols: str) -> bool:
    return isinstance(item, Decision) and item.symbol in symbols


async def test_nothing_found_is_said_with_what_there_is(topics: Topics) -> None:
    decisions = sum(isinstance(one.item, Decision) for one in topics.held)
    done = await topics.command("--no-follow", "--json", "--symbol", "SIM9")
    assert (done.code, done.lines) == (0, [])
    assert (
        f"nothing in {topics.prefix}decisions matches; it holds {decisions:,} records; by symbol: SIM0" in done.errors
    )
    done = await topics.command("--no-follow", "--since", "2200-01-01")
    assert "bars open from 20" in done.errors
    done = await topics.command("--no-follow", "--action", "open_lon")
    assert done.code == Exit.USAGE
    assert "'open_long'" in done.errors
    done = await topics.command("--no-follow", "--rejected", "--code", "duplicate")
    assert done.code == Exit.USAGE
    assert "duplicate_bar" in done.errors


async def test_a_foreign_record_is_named(topics: Topics) -> None:
    await produce(topics.bootstrap, f"{topics.prefix}decisions", [(1, b"k", b"{}", 1_700_000_000_000)])
    done = await topics.command("--no-follow")
    assert done.code == Exit.DATA
    assert "is neither a decision nor a rejection" in done.errors
    assert "Traceback" not in done.errors


async def test_following_ends_in_silence(topics: Topics) -> None:
    interrupted = await topics.start("--last", "1")
    assert interrupted.stdout
    assert await interrupted.stdout.readline()
    interrupted.send_signal(signal.SIGINT)
    _, errors = await interrupted.communicate()
    assert (interrupted.returncode, errors) == (Exit.INTERRUPTED, b"")


async def test_a_reader_that_goes_ends_it_in_silence(topics: Topics) -> None:
    read, write = os.pipe()
    where = ("-b", topics.bootstrap, "--prefix", topics.prefix, "--last", "1000")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", "decisions", *where, stdout=write, stderr=PIPE
    )
    os.close(write)
    os.close(read)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (Exit.PIPE, b"")
