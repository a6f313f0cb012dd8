"""The demo's market that goes on: the pages' button kills a worker, others take over, and Ctrl-C ends all of it."""

from __future__ import annotations

import asyncio
import io
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.conftest import Bootstrap
from worker.broker.process import Process
from worker.demo.crash.fleet import Watched, beside
from worker.demo.endless import RISK, Endless
from worker.demo.pages.served import Pages
from worker.demo.place import Options, find_place
from worker.demo.screen import PlainScreen
from worker.demo.steps import Steps
from worker.kafka.preflight import admin_client

pytestmark = pytest.mark.kafka
SECONDS = 60.0


async def test_the_button_kills_a_worker_and_the_others_take_over(broker: Bootstrap, tmp_path: Path) -> None:
    screen = PlainScreen(io.StringIO())
    with ExitStack() as stack:
        place = find_place(Options(bootstrap=broker.bootstrap), Steps(screen), stack)
        fleet = Watched(beside(place.settings, "live", RISK), tmp_path / "live", 2)
        stack.callback(fleet.close)
        pages = Pages(fleet, 0)
        stack.callback(pages.close)
        async with admin_client(place.settings.kafka) as admin:
            asked = asyncio.Event()
            market = asyncio.create_task(Endless(admin, fleet, pages, Steps(screen), screen, asked).run())
            try:
                await _drill(market, pages)
            finally:
                asked.set()
                await asyncio.wait_for(market, SECONDS)
            await pages.stop()
            await fleet.stop()


async def _drill(market: asyncio.Task[None], pages: Pages) -> None:
    async with httpx.AsyncClient(timeout=10) as client:

        async def demo(**act: str) -> httpx.Response:
            assert not market.done(), market.result()
            url = f"{pages.url}api/v1/demo"
            return await (client.post(url, json=act) if act else client.get(url))

        async def until(holds: Any) -> dict[str, Any]:
            deadline = time.monotonic() + SECONDS
            while True:
                if market.done():
                    market.result()
                told = (await demo()).json() if pages.url else {}
                if told and holds(told):
                    return dict(told)
                assert time.monotonic() < deadline, told
                await asyncio.sleep(0.1)  # the gateway can only be asked

        told = await until(lambda told: told["free"] and all(w["partitions"] for w in told["workers"]))
        victim = told["workers"][1]
        refused = await demo(act="kill", worker="somebody")
        assert refused.status_code == 409
        assert "somebody" in refused.json()["detail"]
        assert (await demo(act="kill", worker=victim["name"])).status_code == 200
        await asyncio.to_thread(_until_ended, victim["pid"])
        assert (await demo(act="start")).status_code == 200
        everything = list(range(6))

        def taken_over(told: dict[str, Any]) -> bool:
            running = [w for w in told["workers"] if w["state"] == "running"]
            owned = sorted(p for w in running for p in w["partitions"])
            return len(running) == 2 and owned == everything

        told = await until(taken_over)
        killed = next(w for w in told["workers"] if w["name"] == victim["name"])
        assert killed["state"] == "killed"
        assert killed["seconds_since_kill"] > 0
        newest = (await client.get(f"{pages.url}api/v1/symbols/SIM0042")).json()
        assert newest["decision"]["sequence"] > 0


def _until_ended(pid: int) -> None:
    try:
        process = Process(pid)
    except ProcessLookupError:
        return
    assert process.wait(SECONDS)
    process.close()
