"""Delays between retries, and rate limits of the log lines about them."""

from __future__ import annotations

import asyncio
import logging
import random
import time

log = logging.getLogger(__name__)

LEAST, MOST = 0.01, 1.0  # seconds
JITTER = 0.2  # of a delay, up or down: the workers of a fleet must not retry in step
REPEAT = 30.0  # seconds between two log lines about one trouble
SAY_AFTER = 0.5  # seconds of trouble before the first log line: shorter ones are normal in a cluster


class BackOff:
    """Delays that double from `least` to `most` seconds; each differs by up to a fifth."""

    def __init__(self, least: float = LEAST, most: float = MOST) -> None:
        self._least, self._most = least, most
        self._delay = least

    def next(self) -> float:
        """Return the seconds to wait now."""
        delay = self._delay
        self._delay = min(delay * 2, self._most)
        return delay * random.uniform(1 - JITTER, 1 + JITTER)

    def reset(self) -> None:
        """Restart with the least delay, after a success."""
        self._delay = self._least


class Rarely:
    """A rate limit for log lines about a lasting trouble: the first one, then one every `seconds`."""

    def __init__(self, seconds: float = REPEAT) -> None:
        self._seconds = seconds
        self._last: dict[object, float] = {}

    def due(self, key: object = None) -> bool:
        """Return True the first time for a key, and again `seconds` after its last True."""
        now = time.monotonic()
        if key in self._last and now - self._last[key] < self._seconds:
            return False
        self._last[key] = now
        return True

    def reset(self) -> None:
        """Forget all keys: the trouble is over, and the next one is a first one."""
        self._last.clear()


class Attempts:
    """The pauses between attempts at one piece of work, repeated until it succeeds; `what` names it in the log."""

    def __init__(self, what: str, least: float = LEAST, most: float = MOST) -> None:
        self._what, self._delays, self._lines = what, BackOff(least, most), Rarely()
        self._since: float | None = None
        self._said = False

    async def wait(self, cause: str) -> None:
        """Pause before the next attempt: a broker does not notify its clients when it is ready."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since >= SAY_AFTER and self._lines.due():
            self._said = True
            log.warning("waiting", extra={"for": self._what, "cause": cause, "seconds": round(now - self._since, 1)})
        await asyncio.sleep(self._delays.next())

    def worked(self) -> None:
        """Note a success: the next trouble restarts with the first pause."""
        if self._said and self._since is not None:
            log.info("continuing", extra={"for": self._what, "seconds": round(time.monotonic() - self._since, 1)})
        self._since, self._said = None, False
        self._delays.reset()
        self._lines.reset()
