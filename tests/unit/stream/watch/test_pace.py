"""The log says how fast a worker goes while it has something to do, and nothing while it has not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from worker.stream.watch.pace import Progress, progress, tell_pace
from worker.telemetry.metrics import METRICS


async def lines(caplog: pytest.LogCaptureFixture, *measured: Progress) -> list[dict[str, float]]:
    """What it writes of these measurements, one after another."""
    left: Iterator[Progress] = iter(measured)
    caplog.set_level(logging.INFO, "worker.stream.watch.pace")
    with pytest.raises(RuntimeError):  # the measurements have ended
        await asyncio.wait_for(tell_pace(lambda: next(left), seconds=0.01), 10)
    return [
        {name: vars(record)[name] for name in ("records_per_second", "records", "lag")} for record in caplog.records
    ]


async def test_rate_and_lag_while_there_is_something_to_do(caplog: pytest.LogCaptureFixture) -> None:
    told = await lines(caplog, Progress(100, 0), Progress(150, 7), Progress(150, 7), Progress(157, 0), Progress(157, 0))
    assert [(line["records"], line["lag"]) for line in told] == [(50, 7), (0, 7), (7, 0)]
    assert 0 < told[0]["records_per_second"] <= 5_000
    assert told[1]["records_per_second"] == 0


def test_progress_is_that_of_all_partitions() -> None:
    before = progress()
    METRICS.records_consumed.labels(990).inc(5)
    METRICS.records_consumed.labels(991).inc(2)
    METRICS.consumer_lag_records.labels(990).set(11)
    METRICS.consumer_lag_records.labels(991).set(1)
    now = progress()
    METRICS.forget_partition(990)
    METRICS.forget_partition(991)
    assert (now.records - before.records, now.lag - before.lag) == (7, 12)
    assert progress().lag == before.lag
