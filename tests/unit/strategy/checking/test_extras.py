"""A check gives a strategy the extra columns that it reads, the same whatever is played beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.strategies import PAIR
from worker.engine.asking.intent import Status
from worker.engine.settings import EngineSettings
from worker.strategy.checking.playing.making import HOUR_MS, calm
from worker.strategy.checking.playing.market import extras
from worker.strategy.checking.playing.play import play
from worker.strategy.checking.subject import Subject
from worker.strategy.loading import run


def test_they_are_near_the_price_and_sometimes_unknown() -> None:
    market = calm(1, 500, HOUR_MS)
    found = extras(market.rows, 2)
    assert found.shape == (len(market), 2)
    known = np.isfinite(found)
    assert 0.9 < known.mean() < 0.99
    near = found / market.rows["close"][:, None]
    assert (np.abs(near[known] - 1.0) < 0.1001).all()
    assert not (found[:, 0][known.all(1)] == found[:, 1][known.all(1)]).any()
    part = market.until(700)
    assert np.array_equal(extras(part.rows, 2), found[:700], equal_nan=True)
    assert extras(market.rows, 0).shape == (len(market), 0)


def test_a_strategy_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "pair.py"
    file.write_text(PAIR)
    subject = Subject(EngineSettings(), file)
    found = subject.define()
    settings = subject.settings(found)
    assert settings.ingestion.extra == ("funding", "other")
    said = play(settings, run(found), calm(1, 300, HOUR_MS)).rows["said"]["intent"]
    asked = said["status"] == Status.ok
    assert asked.sum() > 300
    assert np.isfinite(said["notes"][asked]).any(axis=0)[:3].all()
