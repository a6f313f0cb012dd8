"""The check of a running worker's group: a consumer of the new protocol may join it and take partitions."""

from __future__ import annotations

import asyncio
import logging

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from worker.errors import AlphapulseError, ConfigError
from worker.kafka.asking import refuse_new_protocol
from worker.kafka.backoff import Rarely

log = logging.getLogger(__name__)
SECONDS = 10.0  # between two checks


class GroupWatch:
    """The report of a foreign consumer in the log. The members stay: when it leaves, the group is theirs again."""

    def __init__(self, client: AIOKafkaClient, group: str) -> None:
        self._client, self._group = client, group
        self._rarely = Rarely()
        self._foreign = False

    async def look(self) -> None:
        """Ask the coordinator once; leave what it can't tell now to the next check."""
        try:
            await refuse_new_protocol(self._client, self._group, seconds=0.0)
        except ConfigError as refused:
            self._foreign = True
            if self._rarely.due():
                log.error(
                    "a foreign consumer in the group: its partitions are not processed",
                    extra={"cause": str(refused)},
                )
        except (AlphapulseError, KafkaError, TimeoutError) as error:
            log.debug("the group can't be looked at", extra={"error": str(error)})
        else:
            if self._foreign:
                log.info("the consumer of the new protocol has left the group", extra={"group": self._group})
            self._foreign = False
            self._rarely.reset()

    async def run(self, seconds: float = SECONDS) -> None:
        """Check periodically until cancelled."""
        while True:
            await asyncio.sleep(seconds)  # brokers do not notify
            await self.look()
