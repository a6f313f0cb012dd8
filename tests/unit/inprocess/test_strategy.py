"""A strategy in process says, byte for byte, what it says in a worker, in any number of threads."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.record_engine import RecordEngine
from tests.support.strategies import STRATEGIES
from tests.unit.inprocess.points import collect, simulated
from worker import RealTimePipeline
from worker.engine.records.records import Records
from worker.engine.settings import engine_settings
from worker.errors import ConfigError
from worker.strategies import filled, hooked


@pytest.mark.parametrize("mode", ["compiled", "python"])
def test_decisions_are_those_of_a_worker(mode: str, tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(STRATEGIES["rolling"])
    given = {"strategy": {"file": str(file), "mode": mode}}
    settings = filled(engine_settings(given))
    pairs = simulated(symbols=7, bars=150, seed=5, fault_rate=0.05)
    records = [record for record, _ in pairs]
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    wanted, found = defaultdict(list), defaultdict(list)
    for record, outcome in zip(records, RecordEngine(settings, strategy=hooked(settings)).process(batch), strict=True):
        wanted[record.key.decode()].append(msgspec.json.encode(outcome))
    with RealTimePipeline(given, num_workers=3, max_batch_size=17) as pipeline:
        for _, point in pairs:
            pipeline.add_data_point(point)
        for result in collect(pipeline, len(pairs)):
            found[result.symbol].append(msgspec.json.encode(result.outcome))
    assert found == wanted
    assert sum(b'"strategy":{"id":"own_window","version":1,"status":"ok"' in x for y in found.values() for x in y) > 500


def test_one_has_a_say(tmp_path: Path) -> None:
    class Sizes:
        def optimize(self, *given: Any) -> float:
            return 1.0

    file = tmp_path / "own.py"
    file.write_text(STRATEGIES["breakout"])
    with pytest.raises(ConfigError, match="exclude each other"):
        RealTimePipeline({"strategy": {"file": str(file)}}, position_sizing_optimizer=Sizes())
