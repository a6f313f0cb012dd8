"""The check of a running worker's topics: a deleted or recreated topic ends the worker."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from worker.errors import BrokerUnavailable, ConfigError
from worker.kafka.deadline import GRACE, within
from worker.kafka.identity import recreated
from worker.kafka.leaders import Leaders
from worker.kafka.protocol.codes import Code
from worker.kafka.seams.clients import close_client
from worker.settings import Settings
from worker.stream.watch.group import GroupWatch

log = logging.getLogger(__name__)
SECONDS = 10.0  # between two checks
MISSING = 30.0  # seconds for which brokers may not know a topic, as after a restart
Replaced: TypeAlias = "Callable[[str, Settings], ConfigError]"


class TopicWatch:
    """The topics, identified by their ids."""

    def __init__(
        self, leaders: Leaders, topics: Collection[str], settings: Settings, replaced: Replaced = recreated
    ) -> None:
        """Create the watch; `replaced` makes the error for a topic that was recreated."""
        self._leaders, self._topics, self._settings, self._replaced = leaders, topics, settings, replaced
        self._ids: dict[str, int] = {}
        self._missing: dict[str, float] = {}  # since when

    async def look(self) -> None:
        """Compare with the first check; leave what brokers can't tell now to the next one.

        Raises:
            ConfigError: a topic was recreated, or is gone.
        """
        for name, topic in (await self._leaders.topics(self._topics)).items():
            if topic.error_code == Code.UNKNOWN_TOPIC_OR_PARTITION:
                since = self._missing.setdefault(name, time.monotonic())
                if time.monotonic() - since >= MISSING:
                    raise ConfigError(f"the topic {name} no longer exists", "Run `alphapulse topics create`")
            elif not topic.error_code:
                self._missing.pop(name, None)
                if self._ids.setdefault(name, topic.id) != topic.id:
                    raise self._replaced(name, self._settings)

    async def run(self, seconds: float = SECONDS) -> None:
        """Check periodically until cancelled.

        Raises:
            ConfigError: as `look`.
        """
        while True:
            try:
                await self.look()
            except (KafkaError, TimeoutError) as error:
                self._missing.clear()  # silence is no answer
                log.debug("topics can't be looked at", extra={"error": str(error)})
            await asyncio.sleep(seconds)  # brokers do not notify


@asynccontextmanager
async def watching(
    options: dict[str, Any],
    topics: Collection[str],
    settings: Settings,
    on_failure: Callable[[BaseException | None], None],
    replaced: Replaced = recreated,
) -> AsyncIterator[None]:
    """Watch the topics, and the group, within the block.

    Raises:
        BrokerUnavailable: no broker can be reached.
    """
    client = AIOKafkaClient(**options)
    try:
        await client.bootstrap()
    except KafkaError as error:
        await within(GRACE, close_client(client))
        raise BrokerUnavailable(f"the brokers went away: {error}", "Start again when they are back") from error
    group = GroupWatch(client, settings.processing.group)
    tasks = {
        asyncio.create_task(TopicWatch(Leaders(client), topics, settings, replaced).run(), name="topics"),
        asyncio.create_task(group.run(), name="group"),
    }
    for task in tasks:
        task.add_done_callback(lambda done: None if done.cancelled() else on_failure(done.exception()))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=GRACE)
        await within(GRACE, close_client(client))
