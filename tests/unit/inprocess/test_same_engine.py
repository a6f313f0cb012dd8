"""The pipeline is the worker's engine: the same bytes for the same bars."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from tests.support.record_engine import RecordEngine
from tests.unit.inprocess.points import collect, simulated
from worker import RealTimePipeline
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.decision import Settings

SETTINGS = EngineSettings(decision=Settings(detail="full"))


def test_decisions_and_rejections_are_those_of_a_worker() -> None:
    pairs = simulated(symbols=9, bars=250, seed=5, fault_rate=0.05)
    records = [record for record, _ in pairs]
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    wanted = defaultdict(list)
    for record, outcome in zip(records, RecordEngine(SETTINGS).process(batch), strict=True):
        wanted[record.key.decode()].append(msgspec.json.encode(outcome))
    found = defaultdict(list)
    with RealTimePipeline(SETTINGS, num_workers=4, max_batch_size=17) as pipeline:
        for _, point in pairs:
            pipeline.add_data_point(point)
        for result in collect(pipeline, len(pairs)):
            found[result.symbol].append(msgspec.json.encode(result.outcome))
    assert found == wanted
    assert sum(b'"codes"' in line and b'"payload"' in line for lines in found.values() for line in lines) > 20


def test_one_at_a_time_gives_the_same_as_all_at_once() -> None:
    points = [point for _, point in simulated(symbols=3, bars=60, seed=6, fault_rate=0.05)]
    with RealTimePipeline() as one, RealTimePipeline() as many:
        single = []
        for point in points:
            one.add_data_point(point)
            single += collect(one, 1)
        for point in points:
            many.add_data_point(point)
        together = defaultdict(list)
        for result in collect(many, len(points)):
            together[result.symbol].append(result.execution_decision)
    apart = defaultdict(list)
    for result in single:
        apart[result.symbol].append(result.execution_decision)
    assert apart == together
