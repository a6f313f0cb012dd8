"""Where records come from: the logs in memory, else Kafka."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from worker.gateway.log.entry import Entry


class Passed(Exception):
    """Records are gone: the topic begins at `first` now."""

    def __init__(self, first: int) -> None:
        super().__init__(f"the topic begins at {first}")
        self.first = first


class Recreated(Exception):
    """The topic does not exist, or is another one now; the argument is its name."""


class Log(Protocol):
    """A topic as it is read (`worker.gateway.log.topic_log`)."""

    topic_id: int
    ends: list[int]

    @property
    def hot(self) -> list[int]:
        """First offset of each partition that is in memory."""

    def since(self, partition: int, offset: int, limit: int) -> list[Entry]:
        """Return records in memory from an offset on, in order."""

    def listen(self, heard: Callable[[list[Entry]], None]) -> Callable[[], None]:
        """Call `heard` with each fetched batch, an empty one when the log began anew; return what ends it."""


class Source(Protocol):
    """All topics that a stream may name."""

    def log(self, topic: str) -> Log | None:
        """Return a topic; None while it does not exist."""

    async def first(self, topic: str, partition: int) -> int:
        """Return the first offset that Kafka still has.

        Raises:
            KafkaError: no leader answers.
        """

    def read(self, topic: str, partition: int, start: int, stop: int) -> AsyncIterator[list[Entry]]:
        """Yield the records from `start` to `stop` (exclusive), in order.

        Raises:
            Passed: some are gone.
            Recreated: the topic is another one now.
            KafkaError: no leader answers.
        """
