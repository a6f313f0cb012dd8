"""Labels by hand."""

from __future__ import annotations

import numpy as np
import pytest

from worker.engine.settings import EngineSettings
from worker.engine.stages.features import FEATURE_NAMES
from worker.errors import DataError
from worker.training.samples import FEATURES, SCALED, labelled, round_trip_cost
from worker.training.series import Series

NAMES = ("clv", "rsi_14")


def series(close: list[float], suspect: list[int] | None = None, symbol: str = "A", start: int = 0) -> Series:
    """Bars an hour apart; every feature of bar i is i."""
    size = len(close)
    marks = np.isin(np.arange(size), suspect or [])
    features = np.repeat(np.arange(size, dtype=np.float64)[:, None], len(FEATURE_NAMES), axis=1)
    return Series(symbol, start + np.arange(size, dtype=np.int64) * 100, np.array(close), marks, features)


def test_the_cost_is_that_of_a_round_trip() -> None:
    assert round_trip_cost(EngineSettings(), ["AAPL"]) == pytest.approx(2 * (5 + 2) / 1e4)
    assert round_trip_cost(EngineSettings(), ["AAPL", "BTC-USD"]) == pytest.approx(2 * (10 + 3) / 1e4)


def test_moves_within_the_cost_are_left_out() -> None:
    found = labelled([series([100.0, 100.0, 101.0, 101.0, 99.0, 99.01])], NAMES, 2, 0.005)
    # bar 0: +1%, 1: +1%, 2: -2%, 3: -2%; two bars have no bar two ahead
    assert found.features[:, 0].tolist() == [0, 1, 2, 3]
    assert found.up.tolist() == [1, 1, 0, 0]
    assert (found.start.tolist(), found.end.tolist()) == ([0, 100, 200, 300], [200, 300, 400, 500])
    small = labelled([series([100.0, 100.0, 101.0, 101.0, 99.0, 101.01])], NAMES, 2, 0.005)
    assert small.features[:, 0].tolist() == [0, 1, 2]


def test_windows_with_a_level_shift_are_left_out() -> None:
    close = [100.0, 110.0, 105.0, 50.0, 52.0, 54.0, 40.0, 41.0, 60.0]
    whole = labelled([series(close)], NAMES, 2, 0.001).features[:, 0].tolist()
    shifted = labelled([series(close, [3])], NAMES, 2, 0.001).features[:, 0].tolist()
    assert whole == [0, 1, 2, 3, 4, 5, 6]
    assert shifted == [0, 3, 4, 5, 6]  # the next two bars of 1 and 2 contain the shift


def test_bars_that_are_not_warm_are_left_out() -> None:
    given = series([1.0, 2.0, 1.0, 2.0, 1.0, 2.0])
    given.features[1, FEATURE_NAMES.index("clv")] = np.nan
    given.features[2, FEATURE_NAMES.index("rsi_14")] = np.inf
    given.features[3, FEATURE_NAMES.index("er_20")] = np.nan  # not read
    assert labelled([given], NAMES, 1, 0.001).features[:, 0].tolist() == [0, 3, 4]


def test_symbols_are_merged_in_order_of_time() -> None:
    found = labelled([series([1.0, 2.0, 1.0]), series([1.0, 2.0, 1.0], symbol="B", start=50)], NAMES, 1, 0.001)
    assert found.start.tolist() == [0, 50, 100, 150]
    assert found.up.tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("close", [[], [1.0], [1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0]])
def test_nothing_to_learn(close: list[float]) -> None:
    with pytest.raises(DataError, match="nothing to learn"):
        labelled([series(close)] if close else [], NAMES, 1, 0.001)


def test_what_a_price_level_decides_is_no_default_input() -> None:
    assert len(FEATURES) + len(SCALED) == len(FEATURE_NAMES)
    assert {"rsi_14", "natr_14", "ema_12_dist"} < set(FEATURES)
