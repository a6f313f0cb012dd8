"""Points of simulated and of made-up bars, and pipelines that are held up."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from schemas import Tick
from schemas.tick import interval_ms
from worker import DataPoint, ProcessingResult, RealTimePipeline
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records

START = datetime(2024, 1, 2, tzinfo=UTC)
PATIENCE = 60.0  # seconds that a healthy machine never needs


def flat(symbol: str, count: int, first: int = 0) -> list[DataPoint]:
    """Minute bars around 100 that are all accepted."""
    return [
        DataPoint(symbol, START + timedelta(minutes=at), 100.0, 101.0, 99.0, 100.0 + at % 3 / 10, 1_000.0 + at % 7)
        for at in range(first, first + count)
    ]


def point_of(record: Record) -> DataPoint | None:
    """The bar of a record; None where a data point cannot say the same."""
    try:
        tick = msgspec.json.decode(record.value, type=Tick)
    except msgspec.MsgspecError:
        return None
    if tick.symbol is None or tick.ts is None or tick.interval is None or tick.symbol.encode() != record.key:
        return None
    numbers = tick.open, tick.high, tick.low, tick.close, tick.volume
    if record.timestamp_ms != tick.ts + interval_ms(tick.interval) or None in numbers:
        return None
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=tick.ts)
    return DataPoint(tick.symbol, when, *numbers, tick.interval)  # type: ignore[arg-type]


def simulated(symbols: int, bars: int, seed: int, fault_rate: float = 0.0) -> list[tuple[Record, DataPoint]]:
    """Records of a simulated market beside the points that say the same."""
    records = simulated_records(Simulation(symbols=symbols, bars=bars, seed=seed, fault_rate=fault_rate))
    return [(record, point) for record in records if (point := point_of(record)) is not None]


def collect(pipeline: RealTimePipeline, count: int) -> list[ProcessingResult]:
    """The next `count` results."""
    found = [pipeline.get_result(PATIENCE) for _ in range(count)]
    assert all(result is not None for result in found)
    return [result for result in found if result is not None]


def run(
    points: Iterable[DataPoint], *, callbacks: Mapping[str, Any] | None = None, summary: Any = None, **options: Any
) -> list[ProcessingResult]:
    """The results of `points` from a pipeline with one thread; the error summary is appended to `summary`."""
    points = list(points)
    pipeline = RealTimePipeline(**({"num_workers": 1, "max_queue_size": 100_000} | options))
    for event, function in (callbacks or {}).items():
        pipeline.add_callback(event, function)
    with pipeline:
        for point in points:
            assert pipeline.add_data_point(point)
        results = collect(pipeline, len(points))
    if summary is not None:
        summary.append(pipeline.get_error_summary())
    return results


@contextmanager
def held(pipeline: RealTimePipeline) -> Iterator[threading.Event]:
    """Start a pipeline of one thread and hold that thread inside a callback; the event lets it go."""
    entered, go = threading.Event(), threading.Event()

    def wait(_: ProcessingResult) -> None:
        entered.set()
        assert go.wait(PATIENCE)

    pipeline.add_callback("data_processed", wait)
    with pipeline:
        pipeline.add_data_point(flat("HOLD", 1)[0])
        assert entered.wait(PATIENCE)
        try:
            yield go
        finally:
            go.set()
