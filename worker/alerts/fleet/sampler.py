"""Looks at the fleet in the background; the owner takes what was seen into its next step."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from worker.alerts.configuration.plan import Plan
from worker.alerts.evaluation.sources import Row
from worker.alerts.fleet.lags import Lags, Watched
from worker.alerts.fleet.scraping import Scraper
from worker.errors import AlphapulseError
from worker.kafka.backoff import Rarely
from worker.kafka.deadline import GRACE, within
from worker.kafka.leaders import Leaders
from worker.kafka.seams.clients import close_client
from worker.settings import Settings

log = logging.getLogger(__name__)
MOST = 10_000  # rows of a look


class Sampler:
    """It asks only for what some rule looks at. What can't be seen now is left to the next look."""

    def __init__(self, settings: Settings, options: dict[str, Any], plan: Plan) -> None:
        self._settings, self._options = settings, options
        self._scraper = Scraper(settings.alerts.scrape, settings.alerts.scrape_file, _metrics(plan))
        self._wanted = any(one.rule.source == "fleet" for one in plan.rules.values())
        self._lags, self._lines = Lags(), Rarely()
        self._rows: list[Row] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        if self._wanted:
            self._task = asyncio.create_task(self._run(), name="fleet")

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            await within(0.0, self._task)

    def take(self) -> Sequence[Row]:
        """Return what was seen since the last call."""
        found, self._rows = self._rows, []
        return found

    async def _run(self) -> None:
        client = AIOKafkaClient(**self._options)
        try:
            await client.bootstrap()
            leaders = Leaders(client)
            while True:
                for look in (self._look(client, leaders), self._scraper.look()):
                    try:
                        self._rows = [*self._rows, *await look][:MOST]
                    except (AlphapulseError, KafkaError, OSError, TimeoutError) as error:
                        if self._lines.due(type(error)):
                            log.warning("the fleet can't be seen", extra={"error": str(error)})
                await asyncio.sleep(self._settings.alerts.fleet_seconds)  # nobody notifies
        except KafkaError as error:
            log.warning("the fleet can't be seen", extra={"error": str(error)})
        finally:
            await within(GRACE, close_client(client))

    async def _look(self, client: AIOKafkaClient, leaders: Leaders) -> list[Row]:
        settings, rows = self._settings, list[Row]()
        topics = settings.topics
        archived = (topics.input, topics.output, topics.rejections, topics.figures, topics.limits, topics.acts)
        found = await leaders.topics((*archived, topics.alarms))
        present = {
            name: [TopicPartition(name, at) for at in topic.leaders]
            for name, topic in found.items()
            if not topic.error_code
        }
        every = [tp for tps in present.values() for tp in tps]
        for watched in (
            Watched("worker", settings.processing.group, present.get(topics.input, [])),
            Watched("archive", settings.archive_group, every),
        ):
            if watched.tps:
                rows += await self._lags.look(client, leaders, watched)
        return rows


def _metrics(plan: Plan) -> set[str]:
    """Return the metrics that rules name."""
    return {
        str(predicate.is_)
        for one in plan.rules.values()
        for predicate in one.rule.where
        if one.rule.source == "fleet" and predicate.field == "metric" and predicate.is_ is not None
    }
