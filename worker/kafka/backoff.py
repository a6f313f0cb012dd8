"""How long to wait before a request is tried again, and how often to say so."""

from __future__ import annotations

import asyncio
import logging
import random
import time

log = logging.getLogger(__name__)

LEAST, MOST = 0.01, 1.0  # seconds
JITTER = 0.2  # of a delay, up or down: a fleet must not ask in step
REPEAT = 30.0  # seconds between two log lines about the same
SAY_AFTER = 0.5  # seconds of trouble: what ends sooner is the daily life of a cluster


class BackOff:
    """Delays that double from `least` to `most` seconds; each differs by up to a fifth."""

    def __init__(self, least: float = LEAST, most: float = MOST) -> None:
        self._least, self._most = least, most
        self._delay = least

    def next(self) -> float:
        """Seconds to wait now."""
        delay = self._delay
        self._delay = min(delay * 2, self._most)
        return delay * random.uniform(1 - JITTER, 1 + JITTER)

    def reset(self) -> None:
        """Begin anew: it has worked."""
        self._delay = self._least


class Rarely:
    """Whether something that goes on deserves another log line: the first time, then each `seconds`."""

    def __init__(self, seconds: float = REPEAT) -> None:
        self._seconds = seconds
        self._last: dict[object, float] = {}

    def due(self, key: object = None) -> bool:
        """True the first time for a key, and when its last True is long ago."""
        now = time.monotonic()
        if key in self._last and now - self._last[key] < self._seconds:
            return False
        self._last[key] = now
        return True

    def reset(self) -> None:
        """It is over: the next time is a first one."""
        self._last.clear()


class Attempts:
    """The pauses of one piece of work that is tried until it goes through. `what` names it in the log."""

    def __init__(self, what: str, least: float = LEAST, most: float = MOST) -> None:
        self._what, self._delays, self._lines = what, BackOff(least, most), Rarely()
        self._since: float | None = None
        self._said = False

    async def wait(self, cause: str) -> None:
        """Pause. No condition of ours tells when a broker is ready for the next attempt."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since >= SAY_AFTER and self._lines.due():
            self._said = True
            log.warning("waiting", extra={"for": self._what, "cause": cause, "seconds": round(now - self._since, 1)})
        await asyncio.sleep(self._delays.next())

    def worked(self) -> None:
        """An attempt went through: the next trouble begins with the first pause again."""
        if self._said and self._since is not None:
            log.info("goes on", extra={"for": self._what, "seconds": round(time.monotonic() - self._since, 1)})
        self._since, self._said = None, False
        self._delays.reset()
        self._lines.reset()
