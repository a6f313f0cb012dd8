"""The log of a worker's rate and lag, while it has work."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from prometheus_client.metrics import MetricWrapperBase

from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
SECONDS = 30.0  # between two lines


class Progress(NamedTuple):
    """The records committed since the process began, and the lag, over all partitions of this worker."""

    records: float
    lag: float


def progress() -> Progress:
    """Return the present values of the metrics."""
    return Progress(_sum(METRICS.records_consumed, "_total"), _sum(METRICS.consumer_lag_records, ""))


def _sum(metric: MetricWrapperBase, suffix: str) -> float:
    families = list(metric.collect())
    name = families[0].name + suffix
    return sum(sample.value for family in families for sample in family.samples if sample.name == name)


async def tell_pace(measure: Callable[[], Progress] = progress, seconds: float = SECONDS) -> None:
    """Log a line every `seconds` in which records were committed or wait, until cancelled."""
    before, since = measure(), time.monotonic()
    while True:
        await asyncio.sleep(seconds)
        now, at = measure(), time.monotonic()
        records = now.records - before.records
        if records or now.lag:
            rate = round(records / (at - since), 1)
            log.info("progress", extra={"records_per_second": rate, "records": int(records), "lag": int(now.lag)})
        before, since = now, at
