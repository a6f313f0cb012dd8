"""Every feature equals an independent implementation to 1e-9 on real and on adversarial series."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.features_drive import drive, make_bars
from tests.support.features_series import NAMES, flat, market_series
from tests.unit.engine.features.oracles import ORACLES, RUNNING_SUMS, worst_error
from worker.engine.stages.features import FEATURE_NAMES, OUTPUT, WARMUP

TOLERANCE = 1e-9


@cache
def outputs(name: str) -> NDArray[Any]:
    if name not in market_series():
        pytest.skip(f"{name}: ../shared/data is not there")
    values: NDArray[Any] = drive(make_bars(*market_series()[name]))["features"]
    return values


def test_every_feature_has_an_oracle_and_a_warm_up() -> None:
    assert set(ORACLES) == set(FEATURE_NAMES) == set(WARMUP)
    assert OUTPUT.names == FEATURE_NAMES
    assert OUTPUT.itemsize == 8 * len(FEATURE_NAMES)  # a vector of float64, nothing between


@pytest.mark.parametrize("name", NAMES)
def test_features_equal_their_oracles(name: str) -> None:
    found = outputs(name)
    errors = {f: worst_error(oracle, market_series()[name], found[f]) for f, oracle in ORACLES.items()}
    assert {f: e for f, e in errors.items() if e > TOLERANCE} == {}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "spiked"])
def test_features_equal_talib_where_it_keeps_running_sums(name: str) -> None:
    found = outputs(name)
    errors = {f: worst_error(oracle, market_series()[name], found[f]) for f, oracle in RUNNING_SUMS.items()}
    assert {f: e for f, e in errors.items() if e > TOLERANCE} == {}


def test_worst_error_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the largest relative error of each feature over all series (pytest -s)."""
    worst = {
        feature: max(
            (worst_error(oracle, series, outputs(name)[feature]), name) for name, series in market_series().items()
        )
        for feature, oracle in ORACLES.items()
    }
    with capsys.disabled():
        print("\n" + "\n".join(f"{feature:12s} {error:8.1e}  {name}" for feature, (error, name) in worst.items()))
    assert max(worst.values())[0] <= TOLERANCE


@pytest.mark.parametrize("feature", FEATURE_NAMES)
def test_a_feature_is_nan_until_its_warm_up_and_never_after(feature: str) -> None:
    values = outputs("walk")[feature]
    cold = WARMUP[feature] - 1
    assert np.isnan(values[:cold]).all()
    assert not np.isnan(values[cold:]).any()


NEUTRAL = {"rsi_14": 50.0, "bb_pctb_20": 0.5, "don_pos_20": 0.5, "er_10": 0.0, "er_20": 0.0, "ema_50_dist": 0.0}
NEUTRAL |= {"bb_width_20": 0.0, "vol_z_20": 0.0, "plus_di": 0.0, "adx_14": 0.0, "rv_cc_20": 0.0, "vol_yz_20": 0.0}


@pytest.mark.parametrize("feature", sorted(NEUTRAL))
def test_a_halted_symbol_gets_neutral_values(feature: str) -> None:
    last = drive(make_bars(*flat()))["features"][feature][-1]
    assert last == pytest.approx(NEUTRAL[feature], abs=1e-12)


def test_relative_volume_without_any_volume_is_not_known() -> None:
    assert np.isnan(drive(make_bars(*flat()))["features"]["rvol_20"][-1])
