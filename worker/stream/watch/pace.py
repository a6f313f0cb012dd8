"""Tells in the log how fast a worker goes and how far it is behind, while it has something to do."""

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
    """Records committed since the process began, and those that wait, of all partitions of this worker."""

    records: float
    lag: float


def progress() -> Progress:
    """As the metrics have it now."""
    return Progress(_sum(METRICS.records_consumed, "_total"), _sum(METRICS.consumer_lag_records, ""))


def _sum(metric: MetricWrapperBase, suffix: str) -> float:
    families = list(metric.collect())
    name = families[0].name + suffix
    return sum(sample.value for family in families for sample in family.samples if sample.name == name)


async def tell_pace(measure: Callable[[], Progress] = progress, seconds: float = SECONDS) -> None:
    """Write a line each `seconds` in which records were committed or wait; ends when it is cancelled."""
    before, since = measure(), time.monotonic()
    while True:
        await asyncio.sleep(seconds)
        now, at = measure(), time.monotonic()
        records = now.records - before.records
        if records or now.lag:
            rate = round(records / (at - since), 1)
            log.info("progress", extra={"records_per_second": rate, "records": int(records), "lag": int(now.lag)})
        before, since = now, at
