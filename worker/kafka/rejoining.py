"""The pauses before a member joins its group again: longer each time while memberships are lost soon."""

from __future__ import annotations

import asyncio
import logging

from worker.errors import AlphapulseError
from worker.kafka.backoff import BackOff
from worker.kafka.deadline import within
from worker.kafka.errors import meaning

log = logging.getLogger(__name__)
FIRST_BACKOFF = 0.1  # seconds before a rejoin
MAX_BACKOFF = 10.0  # its limit, while the brokers are away
CALM = 60.0  # seconds of a membership after which its loss resets the back-off


class Rejoining:
    """The pause before the next membership; none before the first."""

    def __init__(self, topic: str) -> None:
        """`topic` is the one that the group shares out: messages name it."""
        self._topic, self._delays = topic, BackOff(FIRST_BACKOFF, MAX_BACKOFF)
        self._pause = 0.0  # seconds

    async def wait(self, asked: asyncio.Event) -> None:
        """Wait for the pause, or until a stop is `asked`."""
        if self._pause:
            log.info("rejoining the group", extra={"seconds": round(self._pause, 2)})
            await within(self._pause, asked.wait())

    def ended(self) -> None:
        """Note a membership that ended in order."""
        self._delays.reset()
        self._pause = self._delays.next()

    def lost(self, error: BaseException, lasted: float) -> AlphapulseError | None:
        """Note a membership that failed after `lasted` seconds; return the failure where no rejoin can help."""
        failure = meaning(error, self._topic)
        if isinstance(failure, AlphapulseError):
            return failure
        if lasted > CALM:
            self._delays.reset()
        self._pause = self._delays.next()
        log.warning("membership lost", extra={"error": str(failure)})
        return None
