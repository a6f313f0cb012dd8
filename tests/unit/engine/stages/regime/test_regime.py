"""The regime follows its thresholds with hysteresis, commits after three bars and lets a crisis override at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from tests.support.features_drive import DERIVED, INSTRUMENTS, ROW, drive, make_bars
from tests.support.features_series import NAMES, market_series
from tests.unit.engine.stages.regime.reference import Reference
from worker.engine import history
from worker.engine.bar import BAR
from worker.engine.kernel import kernel
from worker.engine.stages import regime
from worker.engine.stages.regime import Regime, Settings, Volatility

_push = history.push
_step = regime.step
QUIET = {"adx_14": 10.0, "er_20": 0.1, "plus_di": 20.0, "minus_di": 10.0, "ema_50": 100.0}
QUIET |= {"vol_yz_20": 0.01, "rv_cc_20": 0.01, "don_hi": 101.0}
TREND = {"adx_14": 30.0, "er_20": 0.5}


@kernel
def _run(states: Any, inst: Any, bars: Any, rows: Any, p: Any) -> None:
    for i in range(bars.size):
        state, bar = states[0], bars[i]
        _push(state.history, bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume, 0.0)
        _step(state, inst, bar, rows[i], p)


def follow(*bars: dict[str, float], settings: Settings | None = None) -> NDArray[Any]:
    """Regime outputs for bars given as features that differ from a quiet market; `close` is 100.5."""
    rows, inputs = np.zeros(len(bars), ROW), np.zeros(len(bars), BAR)
    for i, given in enumerate(bars):
        for name, value in {**QUIET, **given}.items():
            if name == "close":
                continue
            rows["features"][name][i] = value
        inputs["close"][i] = given.get("close", 100.5)
    _run(np.zeros(1, DERIVED), INSTRUMENTS[0], inputs, rows, (settings or Settings()).params())
    found: NDArray[Any] = rows["regime"]
    return found


def codes(*bars: dict[str, float], settings: Settings | None = None) -> list[str]:
    return [Regime(code).name for code in follow(*bars, settings=settings)["code"]]


def test_a_regime_counts_from_its_third_bar() -> None:
    out = follow({}, {}, {}, TREND, TREND, TREND, TREND)
    assert [Regime(c).name for c in out["code"]] == ["unknown"] * 2 + ["range"] * 3 + ["trend_up"] * 2
    assert out["age"].tolist() == [1, 2, 1, 2, 3, 1, 2]


def test_an_interrupted_run_starts_again() -> None:
    assert codes({}, {}, {}, TREND, TREND, {}, TREND, TREND)[-1] == "range"


@pytest.mark.parametrize("between", [{"adx_14": 22.0, "er_20": 0.5}, {"adx_14": 30.0, "er_20": 0.2}])
def test_a_trend_is_kept_between_its_thresholds_but_not_entered(between: dict[str, float]) -> None:
    assert codes(*[TREND] * 3, *[between] * 5)[-1] == "trend_up"
    assert codes(*[{}] * 3, *[between] * 5)[-1] == "range"


@pytest.mark.parametrize("weak", [{"adx_14": 19.9, "er_20": 0.5}, {"adx_14": 30.0, "er_20": 0.14}])
def test_a_trend_ends_when_either_measure_is_weak(weak: dict[str, float]) -> None:
    assert codes(*[TREND] * 3, *[weak] * 3)[-1] == "range"


def test_the_sign_needs_di_and_average_to_agree() -> None:
    mixed = TREND | {"plus_di": 10.0, "minus_di": 20.0}
    down = mixed | {"close": 99.5}
    assert codes(*[TREND] * 3, *[mixed] * 5)[-1] == "trend_up"
    assert codes(*[TREND] * 3, *[down] * 3)[-1] == "trend_down"


def test_unknown_until_the_trend_features_are_warm() -> None:
    assert codes(*[{"ema_50": np.nan}] * 5) == ["unknown"] * 5


def _levels(*values: float) -> list[dict[str, float]]:
    """100 bars of rising volatility 0.010 to 0.0199, then these."""
    return [{"vol_yz_20": 0.01 + 0.0001 * i} for i in range(100)] + [{"vol_yz_20": v} for v in values]


def _buckets(*values: float) -> list[str]:
    return [Volatility(b).name for b in follow(*_levels(*values))["vol_bucket"][100:]]


def test_the_bucket_is_unknown_for_the_first_hundred_values() -> None:
    assert set(follow(*_levels())["vol_bucket"].tolist()) == {Volatility.unknown}


def test_volatility_buckets_have_their_own_exits() -> None:
    assert _buckets(0.0185, 0.0175, 0.0165) == ["high", "high", "normal"]
    assert _buckets(0.0175) == ["normal"]
    assert _buckets(0.0115, 0.0125, 0.0145) == ["low", "low", "normal"]
    assert _buckets(0.0125) == ["normal"]


def test_a_range_with_high_volatility_is_a_regime_of_its_own() -> None:
    out = follow(*_levels(*[0.0195] * 3))["code"]
    assert out[-1] == Regime.high_vol


@pytest.mark.parametrize("close", [85.0, 88.3])  # 101·exp(-3·0.01·√20) = 88.32
def test_a_fall_beyond_volatility_is_a_crisis_at_once(close: float) -> None:
    assert codes(*[{}] * 3, {"close": close})[-1] == "crisis"


def test_a_fall_within_volatility_is_none() -> None:
    assert codes(*[{}] * 3, {"close": 88.4})[-1] == "range"


def test_volatility_far_above_its_median_is_a_crisis() -> None:
    assert follow(*_levels(0.046))["code"][-1] == Regime.crisis
    assert follow(*_levels(0.044))["code"][-1] == Regime.range


def test_a_crisis_ends_after_ten_quiet_bars_and_the_next_regime_commits() -> None:
    found = codes(*[{}] * 3, {"close": 80.0}, *[{}] * 13)
    assert found[3:14] == ["crisis"] * 11  # the bar itself, nine quiet bars, and the first of three to commit
    assert found[-1] == "range"
    assert found.index("range", 4) == 3 + 10 + 2


def test_a_new_shock_prolongs_a_crisis() -> None:
    shocks = [{"close": 80.0}, *[{}] * 9, {"close": 80.0}, *[{}] * 9]
    assert set(codes(*[{}] * 3, *shocks)[3:]) == {"crisis"}


def test_settings_change_the_thresholds() -> None:
    assert codes(*[{"adx_14": 22.0, "er_20": 0.5}] * 3, settings=Settings(adx_enter=21.0))[-1] == "trend_up"
    assert codes({}, settings=Settings(commit_bars=1)) == ["range"]


@pytest.mark.parametrize("given", [{"adx_exit": 30.0}, {"er_exit": 0.5}, {"low_exit": 0.75}, {"high_exit": 0.9}])
def test_settings_whose_exit_lies_beyond_the_entry_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="must"):
        Settings(**given)


@pytest.mark.parametrize("name", NAMES)
def test_whole_series_equal_the_definition(name: str) -> None:
    if name not in market_series():
        pytest.skip(f"{name}: ../shared/data is not there")
    series = market_series()[name]
    out = drive(make_bars(*series))
    reference = Reference()
    expected = [reference.advance(series.close[t], out["features"][t]) for t in range(series.close.size)]
    found = zip(*(out["regime"][field].tolist() for field in ("code", "vol_bucket", "age")), strict=True)
    assert list(found) == expected


def test_real_markets_visit_every_regime() -> None:
    seen = {code for name in ("sp500", "nasdaq") for code in drive(make_bars(*market_series()[name]))["regime"]["code"]}
    assert seen == set(Regime)
