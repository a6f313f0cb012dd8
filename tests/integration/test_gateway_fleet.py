"""The fleet as the gateway sees it on a real broker: a take-over step by step, and a caller that loses its token."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.gateway import GatewayProcess
from tests.support.listening import Listener
from tests.support.ticks import group_settings, make_topics, publish, ticks
from worker.gateway.auth.tokens import new_token
from worker.settings import Settings

pytestmark = pytest.mark.kafka
PARTITIONS = 4
TICKS = 20_000
# A new owner has to replay everything: long enough to be seen at it.
UNSAVED = {"save_records": 1_000_000, "save_offsets": 10_000_000}


@pytest.fixture
async def settings(broker: Bootstrap, topic_prefix: str) -> Settings:
    made = group_settings(broker.bootstrap, topic_prefix, PARTITIONS, UNSAVED)
    await make_topics(made)
    return made


def probes(file: Path, workers: list[WorkerProcess]) -> None:
    targets = [f"127.0.0.1:{worker.events('probes')[0]['port']}" for worker in workers]
    file.write_text(json.dumps([{"targets": targets}]))


async def slowed(worker: WorkerProcess) -> None:
    """Give a worker a quarter of the time, so that a look finds it at what takes a moment only."""
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(0.15)
    worker.send(signal.SIGCONT)
    await asyncio.sleep(0.05)


class Watched:
    """What `fleet/partitions` says of some partitions, each state once in a row."""

    def __init__(self, gateway: GatewayProcess, partitions: list[int], **headers: str) -> None:
        self._gateway, self._partitions, self._headers = gateway, partitions, headers
        self.states: dict[int, list[str]] = {partition: [] for partition in partitions}

    async def look(self) -> None:
        items = (await self._gateway.get("fleet/partitions")).json()["items"]
        for partition in self._partitions:
            state = items[partition]["state"]
            if self.states[partition][-1:] != [state]:
                self.states[partition].append(state)


async def test_a_killed_worker_is_seen_as_unowned_restoring_and_running(settings: Settings, tmp_path: Path) -> None:
    async with Fleet(settings, tmp_path) as fleet:
        victim, heir = fleet.start("victim"), fleet.start("heir")
        await victim.ready(PARTITIONS // 2)
        await heir.ready(PARTITIONS // 2)
        await publish(settings, ticks(TICKS, 100, 5))
        probes(tmp_path / "probes.json", fleet.workers)
        extra = {
            "ALPHAPULSE_GATEWAY__SCRAPE_FILE": str(tmp_path / "probes.json"),
            "ALPHAPULSE_GATEWAY__READS_PER_S": "99",
        }
        with GatewayProcess(settings, tmp_path, **extra) as gateway:
            await gateway.ready()
            await fleet.caught_up()

            async def workers() -> Any:
                return (await gateway.get("fleet/workers")).json()

            async def all_run() -> bool:
                return [one["state"] for one in (await workers())["items"]] == ["running"] * 2

            await until(all_run, 20, "both workers run")
            shown = await workers()
            assert (shown["state"], len(shown["rebalances"]), shown["problem"]) == ("Stable", 0, None)
            by_probe = {one["probe"].rpartition(":")[2]: one for one in shown["items"]}
            mine = by_probe[str(victim.events("probes")[0]["port"])]
            assert mine["rss_mb"] > 50
            assert mine["partitions"] == victim.events("assigned")[-1]["partitions"]

            watched = Watched(gateway, mine["partitions"])
            await watched.look()
            victim.kill()

            async def taken_over() -> bool:
                if not all("restoring" in seen for seen in watched.states.values()):
                    await slowed(heir)
                await watched.look()
                return all(seen[-1] in ("running", "idle") and len(seen) > 1 for seen in watched.states.values())

            await until(taken_over, 40, f"the heir works: {watched.states}")
            for seen in watched.states.values():
                assert [state for state in seen if state != "idle"] == ["running", "unowned", "restoring", "running"]
            shown = await workers()
            assert [(one["partitions"], one["state"]) for one in shown["items"]] == [
                (list(range(PARTITIONS)), "running")
            ]
            assert shown["rebalance_count"] == len(shown["rebalances"]) == 1
            status = (await gateway.get("status")).json()
            assert (status["level"], status["workers"], status["lost"]) == ("ok", 1, 0), status


async def test_a_revoked_token_ends_its_stream_within_five_seconds(settings: Settings, tmp_path: Path) -> None:
    (secret, mine), (other, others) = (new_token(name, "read", None, datetime.now(UTC)) for name in ("mine", "other"))
    file = tmp_path / "tokens.toml"
    file.write_text(f"{mine}\n\n{others}\n")
    extra = {"ALPHAPULSE_GATEWAY__AUTH": "token", "ALPHAPULSE_GATEWAY__TOKEN_FILE": str(file)}
    with GatewayProcess(settings, tmp_path, **extra) as gateway:
        await gateway.ready()
        query = "topics=status,decisions"
        async with (
            Listener(lambda: gateway.url, query, Authorization=f"Bearer {secret}") as ends,
            Listener(lambda: gateway.url, query, Authorization=f"Bearer {other}") as goes_on,
        ):
            await ends.ready()
            await goes_on.ready()
            file.write_text(f"{others}\n")
            begun = time.monotonic()
            await ends.until(lambda: ends.count("bye") > 0, 10, "the end")
            assert time.monotonic() - begun <= 5
            assert ends.of("bye") == [{"reason": "revoked"}]
            seen = goes_on.count("status")
            await goes_on.until(lambda: goes_on.count("status") > seen, 5, "the other goes on")
            await until(lambda: _refused(ends), 5, "a new connection is refused")
            assert "no worker" in goes_on.of("status")[-1]["sentence"].lower()


async def _refused(listener: Listener) -> bool:
    return listener.statuses[-1] == 401
