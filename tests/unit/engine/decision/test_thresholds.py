"""Entry thresholds on real series: every regime opens on a small but real share of its bars (decisions 24)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support import lean
from worker.engine.bar import INSTRUMENT
from worker.engine.pipeline import OUTPUT, decide, observe, params
from worker.engine.settings import EngineSettings
from worker.engine.stages.decision import Action
from worker.engine.state import STATE

REGIMES = {1: "trend_up", 2: "trend_down", 3: "range", 4: "high_vol"}
DAILY = ("aapl", "bac", "goog", "iwm", "qqq", "spy")


def decisions(bars: Any, bars_per_year: float) -> Any:
    states, instruments = np.zeros(1, STATE), np.zeros(1, INSTRUMENT)
    raw = states.view(np.uint8).reshape(1, STATE.itemsize)
    instruments["calendar"], instruments["multiplier"], instruments["bars_per_year"] = -1, 1.0, bars_per_year
    outs, slots, order = np.zeros(len(bars), OUTPUT), np.zeros(len(bars), np.int64), np.arange(len(bars))
    p = params(EngineSettings())
    observe(states, raw, instruments, slots, order, bars, outs, np.array([0, 10]), p)
    decide(states, instruments, slots, order, bars, outs, p)
    return outs[outs["validation"]["accepted"] & outs["signal"]["ready"]]


@pytest.fixture(scope="module", params=["daily", "hour"])
def rows(request: pytest.FixtureRequest) -> Any:
    if request.param == "hour":
        return decisions(lean.equity("spy", "hour"), 1764.0)
    return np.concatenate([decisions(lean.equity(symbol), 252.0) for symbol in DAILY])


@pytest.mark.parametrize("code", REGIMES)
def test_each_regime_opens_on_two_to_ten_percent_of_its_bars(rows: Any, code: int) -> None:
    bars = rows[rows["regime"]["code"] == code]
    assert len(bars) > 1_000
    opened = np.isin(bars["decision"]["action"], (Action.open_long, Action.open_short))
    assert 0.02 <= opened.mean() <= 0.10


def test_nothing_opens_in_a_crisis(rows: Any) -> None:
    crisis = rows[rows["regime"]["code"] == 5]
    assert len(crisis) > 100
    assert not np.isin(crisis["decision"]["action"], (Action.open_long, Action.open_short)).any()
