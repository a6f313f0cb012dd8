"""What a worker's counters say over time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from worker.gateway.fleet.exposition import Samples

WINDOW = 10.0  # seconds of a rate
LONG = 60.0  # seconds of a quantile
BUCKETS = "alphapulse_commit_duration_seconds_bucket"


class Pace(NamedTuple):
    """Rates of one process; None where two looks are still missing."""

    decisions_per_s: float | None = None
    cpu_percent: float | None = None
    rss_mb: float | None = None
    p99_ms: float | None = None


class Rates:
    """The samples of one process. A counter that falls belongs to another process: all begins anew."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Samples]] = deque()

    def note(self, now: float, samples: Samples) -> None:
        """Add what was seen at a time in seconds."""
        if self._seen and _total(samples, "process_cpu_seconds_total") < _total(
            self._seen[-1][1], "process_cpu_seconds_total"
        ):
            self._seen.clear()
        self._seen.append((now, samples))
        while len(self._seen) > 2 and now - self._seen[1][0] > LONG:
            self._seen.popleft()

    def pace(self) -> Pace:
        """Return the rates at the last look."""
        if not self._seen:
            return Pace()
        rss = _total(self._seen[-1][1], "process_resident_memory_bytes") / 1_048_576
        cpu = self._rate("process_cpu_seconds_total")
        quantile = self.buckets()
        return Pace(
            self._rate("alphapulse_decisions_total"),
            None if cpu is None else 100 * cpu,
            rss or None,
            quantile_ms(quantile, 0.99),
        )

    def _rate(self, name: str) -> float | None:
        now, last = self._seen[-1]
        before = next((one for one in self._seen if now - one[0] <= WINDOW), None)
        if before is None or before[0] == now:
            return None
        return max(_total(last, name) - _total(before[1], name), 0.0) / (now - before[0])

    def buckets(self) -> dict[float, float]:
        """Return upper bound in seconds → number of commits up to it in the last minute."""
        if len(self._seen) < 2:
            return {}
        first, last = self._seen[0][1][BUCKETS], self._seen[-1][1][BUCKETS]
        return {_bound(labels): count - first.get(labels, 0.0) for labels, count in last.items()}


def _total(samples: Samples, name: str) -> float:
    return sum(samples[name].values())


def _bound(labels: Iterable[tuple[str, str]]) -> float:
    return float(dict(labels).get("le", "nan"))


def quantile_ms(buckets: dict[float, float], share: float) -> float | None:
    """Return a quantile of cumulative counts by upper bound in seconds, interpolated as Prometheus does it, in ms."""
    bounds = sorted(bound for bound in buckets if bound == bound)
    if len(bounds) < 2 or buckets[bounds[-1]] <= 0:
        return None
    rank = share * buckets[bounds[-1]]
    if buckets[bounds[0]] >= rank:
        return 1_000 * bounds[0] * rank / buckets[bounds[0]]
    for lower, upper in pairwise(bounds):
        if buckets[upper] >= rank:
            if upper == float("inf"):
                return 1_000 * lower
            inside = (rank - buckets[lower]) / (buckets[upper] - buckets[lower])
            return 1_000 * (lower + (upper - lower) * inside)
    return None


def together(all_buckets: Iterable[dict[float, float]]) -> dict[float, float]:
    """Return the counts of several processes together."""
    found: dict[float, float] = {}
    for buckets in all_buckets:
        for bound, count in buckets.items():
            found[bound] = found.get(bound, 0.0) + count
    return found
