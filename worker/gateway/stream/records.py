"""The records of the gateway's topics, for streams."""

from __future__ import annotations

from collections.abc import AsyncIterator

from worker.gateway.log.entry import Entry
from worker.gateway.log.logs import Logs
from worker.gateway.log.older import Older
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.stream.source import Passed, Recreated

HOT = 256  # records of a block from memory
COLD = 2_000  # offsets of a block from Kafka


class Records:
    """The logs in memory, and what is older."""

    def __init__(self, logs: Logs, older: Older) -> None:
        self._logs, self._older = logs, older

    def log(self, topic: str) -> TopicLog | None:
        """Return a topic; None while it does not exist."""
        found: TopicLog | None = getattr(self._logs, topic)
        return found

    async def first(self, topic: str, partition: int) -> int:
        """Return the first offset that Kafka still has.

        Raises:
            KafkaError: no leader answers.
        """
        return (await self._older.read(self._name(topic), partition, 0, 0))[1]

    def _name(self, topic: str) -> str:
        return self._existing(topic).name

    def _existing(self, topic: str) -> TopicLog:
        if (found := self.log(topic)) is None:
            raise Recreated(topic)
        return found

    async def read(self, topic: str, partition: int, start: int, stop: int) -> AsyncIterator[list[Entry]]:
        """Yield the records from `start` to `stop` (exclusive), in order.

        Raises:
            Passed: some are gone.
            Recreated: the topic is another one now.
            KafkaError: no leader answers.
        """
        topic_id = self._existing(topic).topic_id
        while start < stop:
            log = self._existing(topic)
            if log.topic_id != topic_id:
                raise Recreated(topic)
            if start >= (hot := log.hot[partition]):
                block = log.since(partition, start, HOT)
                found = [entry for entry in block if entry.offset < stop]
                start = block[-1].offset + 1 if len(block) == HOT else stop
            else:
                end = min(hot, stop, start + COLD)
                found, first = await self._older.read(log.name, partition, start, end)
                if first > start:
                    raise Passed(first)
                start = end
            if found:
                yield found
