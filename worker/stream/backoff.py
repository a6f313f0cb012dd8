"""Pauses between attempts: they double, they vary, and trouble that lasts is said once and then every half a minute."""

from __future__ import annotations

import asyncio
import logging
import random
import time

log = logging.getLogger(__name__)
SAY_AFTER = 0.5  # seconds of trouble: what ends sooner is the daily life of a cluster
SAY_EACH = 30.0  # seconds
JITTER = 0.2  # share: clients that failed together must not come back together


class Backoff:
    """The pauses of one piece of work. `what` names it in the log."""

    def __init__(self, what: str, first: float = 0.01, most: float = 1.0) -> None:
        """`first` and `most` are seconds."""
        self._what, self._first, self._most = what, first, most
        self._next = first
        self._since: float | None = None
        self._said = 0.0

    def pause(self, cause: str) -> float:
        """Seconds to wait now; each is twice the one before, up to the limit."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since >= SAY_AFTER and now - self._said >= SAY_EACH:
            self._said = now
            log.warning("waiting", extra={"for": self._what, "cause": cause, "seconds": round(now - self._since, 1)})
        seconds, self._next = self._next, min(self._next * 2, self._most)
        return seconds * random.uniform(1 - JITTER, 1 + JITTER)

    async def wait(self, cause: str) -> None:
        """Pause. No condition of ours tells when a broker is ready for the next attempt."""
        await asyncio.sleep(self.pause(cause))

    def worked(self) -> None:
        """An attempt went through: the next trouble begins with the first pause again."""
        if self._since is not None and self._said:
            seconds = round(time.monotonic() - self._since, 1)
            log.info("goes on", extra={"for": self._what, "seconds": seconds})
        self._next, self._since, self._said = self._first, None, 0.0
