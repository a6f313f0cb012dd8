"""Every feature equals an independent implementation to 1e-9 on real and on adversarial series."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.features_drive import drive, make_bars
from tests.support.features_series import NAMES, flat, market_series
from tests.support.lean import HOUR
from tests.support.oracle_report import record
from tests.unit.engine.stages.features.oracles import ORACLES, RUNNING_SUMS, Oracle, worst_error
from tests.unit.engine.stages.features.oracles.libraries import compare_windows
from worker.engine.stages.features import FEATURE_NAMES, FEATURES, OUTPUT, WARMUP

TOLERANCE = 1e-9


@cache
def outputs(name: str) -> NDArray[Any]:
    if name not in market_series():
        pytest.skip(f"{name}: ../shared/data is not there")
    values: NDArray[Any] = drive(make_bars(*market_series()[name], HOUR))["features"]
    return values


def test_every_feature_has_an_oracle_and_a_warm_up() -> None:
    assert set(ORACLES) == set(FEATURE_NAMES) == set(WARMUP)
    assert OUTPUT.names == FEATURE_NAMES
    assert OUTPUT.itemsize == 8 * len(FEATURE_NAMES)  # a vector of float64, nothing between


def test_the_vector_is_ordered_by_definition() -> None:
    assert [feature.id for feature in FEATURES] == sorted(feature.id for feature in FEATURES)
    assert {feature.id for feature in FEATURES} == {f"F{i:02d}" for i in range(1, 35)}


def compare(oracles: dict[str, Oracle], kind: str, name: str) -> None:
    found, series = outputs(name), market_series()[name]
    errors = {feature: worst_error(oracle, series, found[feature]) for feature, oracle in oracles.items()}
    assert {feature: error for feature, error in errors.items() if not error <= TOLERANCE} == {}
    for feature, error in errors.items():
        record(f"{feature} {kind} {name}", error, TOLERANCE)


@pytest.mark.parametrize("name", NAMES)
def test_features_equal_their_oracles(name: str) -> None:
    compare(ORACLES, "exact", name)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "spiked"])
def test_features_equal_talib_where_it_keeps_running_sums(name: str) -> None:
    compare(RUNNING_SUMS, "talib", name)


@pytest.mark.parametrize("name", ["sp500", "ticks", "tiny", "large", "spiked", "split"])
def test_return_statistics_equal_the_libraries(name: str) -> None:
    compare_windows(outputs(name), market_series()[name], name)


@pytest.mark.parametrize("feature", FEATURE_NAMES)
def test_a_feature_is_nan_until_its_warm_up_and_never_after(feature: str) -> None:
    values = outputs("walk")[feature]
    cold = WARMUP[feature] - 1
    assert np.isnan(values[:cold]).all()
    assert not np.isnan(values[cold:]).any()


NEUTRAL = {"rsi_14": 50.0, "stoch_k": 50.0, "stoch_d": 50.0, "willr_14": -50.0, "mfi_14": 50.0}
NEUTRAL |= {"bb_pctb_20": 0.5, "don_pos_20": 0.5, "vr_4_60": 1.0, "vol_ratio": 1.0}
NEUTRAL |= dict.fromkeys(("ema_50_dist", "bb_width_20", "plus_di", "adx_14", "kc_pos", "kc_width", "cci_20"), 0.0)
NEUTRAL |= dict.fromkeys(("obv_ratio_100", "cmf_20", "vwap_sess_dev", "vwap_20_dev", "vol_z_20"), 0.0)
NEUTRAL |= dict.fromkeys(("rv_cc_20", "vol_pk_20", "vol_gk_20", "vol_yz_20", "er_10", "er_20", "slope_20"), 0.0)
NEUTRAL |= dict.fromkeys(("skew_60", "kurt_60", "vr_z", "acf1_60", "clv", "body_r", "up_r", "lo_r"), 0.0)


@pytest.mark.parametrize("feature", sorted(NEUTRAL))
def test_a_halted_symbol_gets_neutral_values(feature: str) -> None:
    last = drive(make_bars(*flat()))["features"][feature][-1]
    assert last == pytest.approx(NEUTRAL[feature], abs=1e-12)


@pytest.mark.parametrize("feature", ["rvol_20", "amihud_20"])
def test_what_needs_trades_is_not_known_without_any(feature: str) -> None:
    assert np.isnan(drive(make_bars(*flat()))["features"][feature][-1])
