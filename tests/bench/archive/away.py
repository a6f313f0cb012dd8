"""A store that is killed and comes back later: what a member holds meanwhile, and how soon it has caught up."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench.archive.live import used
from tests.bench.archive.written import lines, producer, proof, send
from tests.support.archived import archive_settings, make_topics, member
from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.seaweed import SeaweedFS, access, unusable
from worker.broker import Broker
from worker.kafka.deadline import within
from worker.settings import Settings

RATE = 200  # decisions a second, before, meanwhile and after
BEFORE = 60.0  # seconds until the store is killed
STEP = 0.5  # seconds
PATIENCE = 900.0
UPKEEP = {"compact_interval_s": 3_600, "sort_interval_s": 86_400}  # as it is where nobody set it


def figures(say: Callable[[str], None], folder: Path, minutes: float) -> dict[str, float]:
    """The peak memory of a member whose store is away for so long, the seconds until it has caught up, and a proof."""
    if reason := unusable():
        sys.exit(f"error: {reason}")
    with Broker() as broker, SeaweedFS(folder / "store") as store:
        settings = archive_settings(
            broker.bootstrap,
            "away",
            "s3://lake/away",
            store=access(store.endpoint) | {"timeout_s": 30},
            tables=["decisions"],
            commit_interval_ms=10_000,
            **UPKEEP,
        )
        found = asyncio.run(_away(say, settings, folder, store, minutes))
        say("comparing")
        return found | proof(settings, int(found["away_rows"]))


class Publisher:
    """Decisions at a constant rate until it is told that it is over."""

    def __init__(self, settings: Settings) -> None:
        self.sent = 0
        self.over = asyncio.Event()
        self._settings = settings

    async def run(self) -> None:
        """Publish; all are acknowledged when this returns."""
        found, to, loop = lines(), producer(self._settings), asyncio.get_running_loop()
        await to.start()
        begun = loop.time()
        try:
            while not self.over.is_set():
                for number in range(self.sent, int((loop.time() - begun) * RATE)):
                    await send(to, self._settings, found[number % len(found)], number)
                    self.sent = number + 1
                await within(STEP, self.over.wait())
        finally:
            await to.stop()


async def _away(
    say: Callable[[str], None], settings: Settings, folder: Path, store: SeaweedFS, minutes: float
) -> dict[str, float]:
    await make_topics(settings)
    publisher = Publisher(settings)
    async with Fleet(settings, folder) as fleet:
        only = member(fleet, "only")
        await only.ready()
        publishing = asyncio.create_task(publisher.run())
        await _goes_on(only, publishing, BEFORE)
        await until(lambda: _holds(only, 1), PATIENCE, "a first commit")
        say(f"killing the store, which holds {_kept(only):,} rows")
        await asyncio.to_thread(store.kill)
        await _goes_on(only, publishing, minutes * 60)
        assert only.events("the store fails"), only.text
        away_cpu, away_rss = await asyncio.to_thread(used, only.process.pid)
        say(f"the store comes back after {minutes:g} min, {away_cpu:.0f} CPU-seconds and {away_rss:.0f} MB")
        await asyncio.to_thread(store.start)
        behind = publisher.sent
        seconds = await until(lambda: _holds(only, behind), PATIENCE, f"{behind:,} rows")
        publisher.over.set()
        await publishing
        await until(lambda: _holds(only, publisher.sent), PATIENCE, f"{publisher.sent:,} rows")
        _, rss = await asyncio.to_thread(used, only.process.pid)
        assert len(only.events("assigned")) == 1, only.text  # it stayed in its group
        only.send(signal.SIGTERM)
        assert await only.exit_code(60) == 0, only.text
    return {
        "away_minutes": minutes,
        "away_rows": float(publisher.sent),
        "away_rss_mb": round(rss, 1),
        "away_catch_up_s": round(seconds, 1),
    }


async def _goes_on(only: WorkerProcess, publishing: asyncio.Task[None], seconds: float) -> None:
    """Let time pass while all runs."""
    ended, _ = await asyncio.wait({publishing}, timeout=seconds)
    for task in ended:
        task.result()
    assert only.running, only.text


async def _holds(only: WorkerProcess, rows: int) -> bool:
    assert only.running, only.text
    return _kept(only) >= rows


def _kept(only: WorkerProcess) -> int:
    """Rows that the member has committed, those included of whose commit it learned afterwards."""
    learned = sum(event["dropped"] for event in only.events("the table was loaded again"))
    return int(learned + sum(event["rows"] for event in only.events("archived")))
