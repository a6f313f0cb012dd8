"""A backtest writes what the engine of a partition says, whatever the number of threads."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from schemas import Decision
from tests.support.record_engine import RecordEngine
from tests.unit.backtest.market import market
from worker.backtest.ledger import Ledger
from worker.backtest.parts import DECISIONS, REJECTIONS, play_all, split
from worker.backtest.tape import tapes
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings


def live() -> tuple[list[bytes], list[bytes]]:
    """The values of a partition's engine over the records in arrival order, those of a key together."""
    keys, values, timestamps = zip(*market(), strict=True)
    outcomes = RecordEngine(EngineSettings()).process(Records(keys, values, timestamps))
    found: tuple[list[bytes], list[bytes]] = ([], [])
    for wanted in dict.fromkeys(keys):
        for key, outcome in zip(keys, outcomes, strict=True):
            if key == wanted:
                found[not isinstance(outcome, Decision)].append(msgspec.json.encode(outcome))
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Ledger]]:
    """The run of one thread."""
    folder = tmp_path_factory.mktemp("alone")
    return folder, play_all(tapes(market()), EngineSettings(), folder, 1, lambda _: None)


def test_the_lines_are_the_values_of_the_live_engine(alone: tuple[Path, list[Ledger]]) -> None:
    decisions, rejections = live()
    assert rejections
    assert (alone[0] / DECISIONS).read_bytes().splitlines() == decisions
    assert (alone[0] / REJECTIONS).read_bytes().splitlines() == rejections


def test_threads_change_no_byte(
    alone: tuple[Path, list[Ledger]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.backtest.parts.PART", 1_000)
    assert len(list(split(tapes(market())))) > 2
    done: list[int] = []
    ledgers = play_all(tapes(market()), EngineSettings(), tmp_path, 2, done.append)
    for name in (DECISIONS, REJECTIONS):
        assert (tmp_path / name).read_bytes() == (alone[0] / name).read_bytes()
    for one, other in zip(ledgers, alone[1], strict=True):
        assert one.symbol == other.symbol
        assert (one.budget, one.interval_ms, one.splits) == (other.budget, other.interval_ms, other.splits)
        assert (one.entry_cost, one.verdicts) == (other.entry_cost, other.verdicts)
        for name in ("bars", "trades", "rejected"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    assert done[-1] == len(market())
    assert {path.name for path in tmp_path.iterdir()} == {DECISIONS, REJECTIONS}
