"""A strategy in process says, byte for byte, what it says in a worker, in any number of threads."""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.notebook import Notebook
from tests.support.record_engine import RecordEngine
from tests.support.strategies import STRATEGIES
from tests.unit.inprocess.points import collect, simulated
from worker import RealTimePipeline
from worker.configured_strategy import filled, hooked
from worker.engine.records.records import Records
from worker.engine.settings import engine_settings
from worker.errors import ConfigError
from worker.strategy import Strategy


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


# What names the configuration; a symbol's decisions are in order of their sequence.
OF_HASH = re.compile(rb'(?<="decision_id":")[^"]*|(?<="config_hash":")[^"]*')


def decisions(points: list[Any], given: Any, **options: Any) -> list[bytes]:
    with RealTimePipeline(given, **options) as pipeline:
        for point in points:
            pipeline.add_data_point(point)
        found = collect(pipeline, len(points))
    return [msgspec.json.encode(each.outcome) for each in sorted(found, key=lambda each: (each.symbol, each.timestamp))]


@pytest.mark.parametrize("mode", ["compiled", "python"])
def test_a_class_decides_as_its_file(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "as_imported.py"
    file.write_text(STRATEGIES["breakout"])
    rest = {"mode": mode, "parameters": {"enter": 10, "slow": "5m"}, "rules": ["max_holding"]}
    points = [point for _, point in simulated(symbols=3, bars=400, seed=5)]
    wanted = decisions(points, {"strategy": {"file": str(file), **rest}}, num_workers=2)
    monkeypatch.syspath_prepend(tmp_path)
    imported = importlib.import_module("as_imported").Breakout
    assert decisions(points, {"strategy": rest}, strategy=imported, num_workers=2) == wanted
    notebook = Notebook(monkeypatch)
    notebook.run(STRATEGIES["breakout"])
    own: Any = notebook.names["Breakout"]
    settings = RealTimePipeline({"strategy": rest}, strategy=own).engine
    found = decisions(points, {"strategy": rest}, strategy=own)
    [ours], [theirs] = ({msgspec.json.decode(each).get("config_hash") for each in lines} for lines in (found, wanted))
    assert ours == settings.config_hash() != theirs  # the digest is of the class alone
    assert [OF_HASH.sub(b"", each) for each in found] == [OF_HASH.sub(b"", each) for each in wanted]
    assert sum(b'"action":"open' in each for each in wanted) > 10
    assert settings.strategy.name == "breakout"


def test_the_trades_of_a_bar() -> None:
    class Swings(Strategy):
        @staticmethod
        def step(c: Any) -> None:
            c.order.share, c.order.side = 0.2, 1 if c.bar.ts // 1_800_000 % 2 else -1

    points = [point for _, point in simulated(symbols=1, bars=400, seed=5)]
    with RealTimePipeline(strategy=Swings) as pipeline:
        for point in points:
            pipeline.add_data_point(point)
        found = collect(pipeline, len(points))
    trades = [trade for result in found for trade in result.trades]
    assert len(trades) > 5
    assert {trade["side"] for trade in trades} == {1, -1}
    assert {trade["reason"] for trade in trades} == {"strategy"}
    realised = found[-1].execution_decision["position"]["realised"]
    entry_fee = realised - sum(trade["pnl"] for trade in trades)
    assert abs(entry_fee) < 5.0, "what is realised is that of the trades, but for the fee of the open one"


def test_a_class_and_a_file_exclude_each_other(tmp_path: Path) -> None:
    class Own(Strategy):
        @staticmethod
        def step(c: Any) -> None:
            c.order.side = 0

    for given in ({"strategy": {"file": "other.py"}}, engine_settings({"strategy": {"name": "other"}})):
        with pytest.raises(ConfigError, match=r"engine\.strategy names other(\.py)?, and the class Own is given"):
            RealTimePipeline(given, strategy=Own)
    assert RealTimePipeline(engine_settings({}), strategy=Own).engine.strategy.name == "own"
    with pytest.raises(ConfigError, match=r"engine\.strategy: Input should be"):
        RealTimePipeline({"strategy": "own.py"}, strategy=Own)
    with pytest.raises(ConfigError, match="is no class that derives from"):
        RealTimePipeline(strategy="own.py")  # type: ignore[arg-type]


def test_one_has_a_say(tmp_path: Path) -> None:
    class Sizes:
        def optimize(self, *given: Any) -> float:
            return 1.0

    file = tmp_path / "own.py"
    file.write_text(STRATEGIES["breakout"])
    with pytest.raises(ConfigError, match="exclude each other"):
        RealTimePipeline({"strategy": {"file": str(file)}}, position_sizing_optimizer=Sizes())
