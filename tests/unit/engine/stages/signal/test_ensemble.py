"""The rule ensemble against its formulas, written a second time in plain Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tests.support.decide_drive import Desk, instrument, params, random_rows, run
from worker.engine.stages import signal
from worker.engine.state.layout import CARRY

WEIGHTS = {  # domain §7.1: trend | range | high_vol
    "trend": (2, 0.5, 1),
    "macd": (1, 0.5, 0.5),
    "rsi_mr": (0, 1.5, 0.5),
    "rsi_mom": (1, 0, 0),
    "band": (0, 1.5, 0.5),
    "breakout": (1.5, 0.5, 1),
    "candle": (0.5, 1, 0.5),
    "structure": (0.5, 1, 0.5),
    "mtf": (1.5, 0.5, 1),
    "volume": (0.5, 0.5, 0.5),
    "forecast": (0.5, 0.5, 0.5),
}
COLUMN = {0: 2, 1: 0, 2: 0, 3: 1, 4: 2}  # regime code to column


def clip(x: float, low: float = -1.0, high: float = 1.0) -> float:
    return x if math.isnan(x) else max(low, min(high, x))


def components(row: Any) -> dict[str, float]:
    f, p = row["features"], row["patterns"]
    sign = np.sign(f["ret_1"])
    return {
        "trend": math.tanh((f["ema_12"] - f["ema_26"]) / f["atr_14"]),
        "macd": math.tanh(4 * f["macd_hist"] / f["atr_14"]),
        "rsi_mr": clip((50 - f["rsi_14"]) / 20),
        "rsi_mom": clip((f["rsi_14"] - 50) / 20),
        "band": clip(1 - 2 * f["bb_pctb_20"]),
        "breakout": float(p["breakout"]),
        "candle": float(p["candle"]),
        "structure": float(p["structure"]),
        "mtf": float(row["timeframes"]["mtf"]),
        "volume": float(sign * clip(f["vol_z_20"] / 3, 0.0)),
        "forecast": float(row["forecast"]["component"]),
    }


def expected(row: Any) -> tuple[float, float]:
    code = int(row["regime"]["code"])
    if code == 5:
        return 0.0, 0.0
    live = [
        (WEIGHTS[name][COLUMN[code]], s)
        for name, s in components(row).items()
        if not math.isnan(s) and WEIGHTS[name][COLUMN[code]] > 0
    ]
    score = math.fsum(w * s for w, s in live) / math.fsum(w for w, _ in live)
    decided = math.fsum(w for w, s in live if s != 0)
    return score, abs(math.fsum(math.copysign(w, s) for w, s in live if s != 0)) / decided if decided else 0.0


@pytest.fixture(scope="module")
def rows() -> Any:
    bars, outs = random_rows(1, 600)
    run(np.zeros(1, CARRY), instrument(), bars, outs, params())
    return outs


def test_score_and_agreement_follow_the_formula(rows: Any) -> None:
    for row in rows:
        score, agreement = expected(row)
        assert row["signal"]["score"] == pytest.approx(score, abs=1e-14)
        assert row["signal"]["agreement"] == pytest.approx(agreement, abs=1e-14)
        assert row["signal"]["final"] == row["signal"]["score"]


def test_components_follow_the_formula_and_stay_in_range(rows: Any) -> None:
    for row in rows:
        want = list(components(row).values())
        np.testing.assert_allclose(row["signal"]["components"], want, atol=1e-15)
        assert np.nanmax(np.abs(row["signal"]["components"])) <= 1.0
    assert tuple(WEIGHTS) == signal.COMPONENTS


def test_contributions_add_up_to_the_score(rows: Any) -> None:
    for row in rows:
        parts = row["signal"]["contributions"]
        assert np.nansum(parts) == pytest.approx(row["signal"]["score"], abs=1e-14)
        np.testing.assert_array_equal(np.isnan(parts), np.isnan(row["signal"]["components"]))


def test_confidence_is_the_raw_one_before_labels(rows: Any) -> None:
    for row in rows:
        s = row["signal"]
        raw = math.sqrt(abs(s["final"])) * s["agreement"] * row["validation"]["score"]
        assert s["conf_raw"] == pytest.approx(raw, abs=1e-15)
        assert s["confidence"] == s["conf_raw"]
        assert 0.0 <= s["confidence"] <= 1.0


def test_a_crisis_silences_the_score(rows: Any) -> None:
    crisis = rows[rows["regime"]["code"] == 5]
    assert len(crisis) > 0
    assert np.all(crisis["signal"]["score"] == 0.0)
    assert not np.any(np.nan_to_num(crisis["signal"]["contributions"]))


def test_a_component_that_is_not_ready_is_dropped_and_the_rest_renormalised() -> None:
    full = Desk().bar(0.4)
    without = Desk().bar(0.4, bb_pctb_20=math.nan)
    assert np.isnan(without["signal"]["contributions"][4])
    assert without["signal"]["score"] == pytest.approx(full["signal"]["score"], abs=1e-15)
    assert not without["signal"]["ready"]


def test_nothing_ready_gives_no_score() -> None:
    names = ("ema_12", "macd_hist", "rsi_14", "bb_pctb_20", "atr_14", "vol_yz_20")
    row = Desk().bar(0.4, **dict.fromkeys(names, math.nan))
    assert math.isnan(row["signal"]["score"])
    assert math.isnan(row["signal"]["confidence"])
    assert not row["signal"]["ready"]


@pytest.mark.parametrize("name", ["ema_26", "macd_hist", "rsi_14", "bb_pctb_20", "atr_14", "vol_yz_20"])
def test_each_core_input_is_needed_for_readiness(name: str) -> None:
    assert not Desk().bar(0.4, **{name: math.nan})["signal"]["ready"]
    assert Desk().bar(0.4)["signal"]["ready"]


def test_a_market_without_range_has_no_trend() -> None:
    row = Desk().bar(0.0, atr_14=0.0, ema_12=101.0, macd_hist=1.0)
    assert row["signal"]["components"][0] == 0.0
    assert row["signal"]["components"][1] == 0.0


@pytest.mark.parametrize("weights", [(1.0,), (0.0,) * 10, (-1.0, *(1.0,) * 9), (math.nan,) * 10])
def test_unusable_weights_are_refused(weights: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError, match="weights"):
        signal.Settings(range=weights)
