"""Features from bars through the engine are those of its decisions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.strategies import STRATEGIES
from tests.unit.backtest.market import market
from worker.backtest.parts import DECISIONS, Files
from worker.backtest.player import Player
from worker.backtest.tape import tapes
from worker.engine.settings import EngineSettings, engine_settings
from worker.errors import DataError
from worker.training.samples import FEATURES, labelled
from worker.training.series import series_of_decisions, series_of_tapes

COST = 0.001


def decisions(folder: Path, settings: EngineSettings) -> Path:
    """Decisions of the dirty market as a file."""
    folder.mkdir()
    player = Player(settings)
    with Files(folder) as files:
        for tape in tapes(market()):
            player.play(tape, files)
    return folder / DECISIONS


def test_bars_and_recorded_decisions_give_the_same_samples(tmp_path: Path) -> None:
    full = engine_settings({"decision": {"detail": "full"}})
    live = labelled(series_of_tapes(tapes(market()), EngineSettings()), FEATURES, 12, COST)
    recorded = labelled(series_of_decisions([decisions(tmp_path / "full", full)]), FEATURES, 12, COST)
    assert len(live) > 500
    for name in ("up", "start", "end"):
        assert getattr(live, name).tolist() == getattr(recorded, name).tolist()
    # decisions carry 10 digits, a float32 has 7
    np.testing.assert_allclose(recorded.features, live.features, rtol=2e-7, atol=1e-12)


def test_decisions_without_features(tmp_path: Path) -> None:
    path = decisions(tmp_path / "compact", EngineSettings())
    with pytest.raises(DataError, match="has no features") as caught:
        series_of_decisions([path])
    assert "detail = full" in caught.value.fix


def test_features_of_another_set(tmp_path: Path) -> None:
    path = decisions(tmp_path / "old", engine_settings({"decision": {"detail": "full"}}))
    path.write_bytes(path.read_bytes().replace(b'"feature_set_version":2', b'"feature_set_version":1'))
    with pytest.raises(DataError, match="feature set 1"):
        series_of_decisions([path])


def test_a_strategy_has_no_say_in_samples(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(STRATEGIES["breakout"])
    decided = engine_settings({"strategy": {"file": str(file)}})
    one, other = (
        labelled(series_of_tapes(tapes(market()), each), FEATURES, 12, COST) for each in (decided, EngineSettings())
    )
    assert len(one) > 500
    assert one.features.tobytes() == other.features.tobytes()
