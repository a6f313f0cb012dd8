"""The demo's market that goes on until Ctrl-C: a fleet to be watched, killed and steered from the pages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from aiokafka.admin import AIOKafkaAdminClient

from worker.demo.crash.fleet import Watched
from worker.demo.pages.acts import Desk
from worker.demo.pages.served import Pages
from worker.demo.screen import Screen
from worker.demo.steps import Steps
from worker.errors import AlphapulseError
from worker.kafka.client import client_options
from worker.operate.create_topics import create
from worker.risk.settings import RiskSettings
from worker.settings import Settings
from worker.sources.publisher import publish_records
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records

SYMBOLS, BARS, SEED = 60, 10_000_000, 7
FAULT_RATE = 0.002
WARM = 400  # bars of each symbol before the first look: until then nothing is decided
RATE = 60.0  # records a second afterwards: a minute of each symbol a second; faster, and limits would soon be stale
WORKERS = 3
SAMPLE = 0.3  # seconds between looks at the processes
START, CATCH_UP = 90.0, 120.0
# Sixty symbols use a small part of this capital: the limits are as near as those of a fully invested portfolio.
LIMITS: dict[str, float] = {
    "capital": 5_000_000.0,
    "max_gross": 0.15,
    "max_net": 0.08,
    "max_symbol": 0.005,
    "max_group": 0.15,
    "max_cluster": 0.08,
    "max_var99": 0.003,
    "max_es99": 0.004,
    # A minute lasts a second here: limits of two minutes ago would be too old.
    "repeat_seconds": 1,
}
RISK = RiskSettings.model_validate(LIMITS)


class Endless:
    """The market, its fleet and the desk that the pages' button asks."""

    def __init__(
        self,
        admin: AIOKafkaAdminClient,
        fleet: Watched,
        pages: Pages,
        steps: Steps,
        screen: Screen,
        asked: asyncio.Event,
    ) -> None:
        """Create it; it ends when `asked` is set."""
        self._admin, self._fleet, self._pages, self._steps, self._screen = admin, fleet, pages, steps, screen
        self._asked = asked
        self._records = simulated_records(Simulation(SYMBOLS, BARS, SEED, fault_rate=FAULT_RATE))

    @property
    def _settings(self) -> Settings:
        return self._fleet.settings

    async def run(self) -> None:
        """Go on until asked to end.

        Raises:
            AlphapulseError: a process ended that nobody killed, or the market can't be published.
        """
        async with Desk(self._pages.socket, self._fleet, time.monotonic) as desk:
            with self._steps.step("start a market that goes on") as step:
                await create(self._admin, self._settings, risk=True)
                self._fleet.start_all()
                await self._publish(self._first(), None)
                self._pages.start()
                await self._fleet.until_settled(START)
                url = await self._pages.until_answers()
                step.text = f"a new market of {SYMBOLS} symbols, {WORKERS} workers and their risk monitor"
            desk.free = True
            self._screen.say(f"\nThe market goes on until Ctrl-C. Look at it, and kill a worker there: {url}")
            await self._go_on()

    def _first(self) -> Iterator[Record]:
        return (record for record, _ in zip(self._records, range(SYMBOLS * WARM), strict=False))

    async def _publish(self, records: Iterator[Record], rate: float | None) -> None:
        topic = self._settings.topics.input
        await publish_records(client_options(self._settings.kafka), topic, records, rate, stop=self._asked)

    async def _go_on(self) -> None:
        publishing = asyncio.create_task(self._publish(self._records, RATE))
        stopping = asyncio.create_task(self._asked.wait())
        try:
            while not self._asked.is_set():
                await asyncio.wait({publishing, stopping}, timeout=SAMPLE, return_when=asyncio.FIRST_COMPLETED)
                if publishing.done():
                    publishing.result()
                    if not self._asked.is_set():
                        raise AlphapulseError("the market has ended", "Start the demo again")
                await self._fleet.look()
                await self._pages.look()
        finally:
            stopping.cancel()
            self._asked.set()
            await asyncio.wait({publishing}, timeout=SAMPLE * 10)
            publishing.cancel()
