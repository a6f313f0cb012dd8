"""How many requests a caller may make: token buckets, one for reads and one for writes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from worker.gateway.auth.headers import SAFE_METHODS
from worker.gateway.resources.problem import Refused
from worker.settings import GatewaySettings

BURST_S = 2.0  # seconds of reads at once: a page asks for a dozen resources when it opens
LEAST_READS, LEAST_WRITES = 20.0, 3.0  # at once
MOST = 10_000  # callers that are remembered; a full bucket need not be


class Rates:
    """The buckets of all callers."""

    def __init__(self, settings: GatewaySettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._reads, self._writes, self._clock = settings.reads_per_s, settings.writes_per_s, clock
        self._most_reads = max(BURST_S * self._reads, LEAST_READS)
        self._most_writes = max(BURST_S * self._writes, LEAST_WRITES)
        self._buckets: dict[tuple[str, bool], tuple[float, float]] = {}  # what is left, and when

    def take(self, who: str, method: str) -> None:
        """Count a request.

        Raises:
            Refused: the caller has made too many.
        """
        writes = method not in SAFE_METHODS
        rate, most = (self._writes, self._most_writes) if writes else (self._reads, self._most_reads)
        now, key = self._clock(), (who, writes)
        left, since = self._buckets.get(key, (most, now))
        left = min(left + (now - since) * rate, most)
        if left < 1.0:
            self._buckets[key] = (left, now)
            raise Refused(
                429,
                "too_many_requests",
                f"more than {rate:g} {'writes' if writes else 'reads'} a second",
                "Try again after the seconds in Retry-After",
                {"Retry-After": str(math.ceil((1.0 - left) / rate))},
            )
        self._buckets[key] = (left - 1.0, now)
        if len(self._buckets) > MOST:
            self._forget(now)

    def _forget(self, now: float) -> None:
        for key, (left, since) in list(self._buckets.items()):
            rate, most = (self._writes, self._most_writes) if key[1] else (self._reads, self._most_reads)
            if left + (now - since) * rate >= most:
                del self._buckets[key]
