"""Every indicator equals TA-Lib, or where it has none numpy and pandas, to 1e-9 on real and on adversarial series."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.features_drive import make_bars
from tests.support.features_series import NAMES, market_series
from tests.support.indicators_drive import drive, planned
from tests.support.lean import HOUR
from tests.support.oracle_report import record
from tests.unit.engine.stages.features.oracles.oracle import worst_error
from tests.unit.strategy.ta.running_sums import CASES
from worker.engine.strategy.plan import known
from worker.strategy import ta

TOLERANCE = 1e-9
ROWS = planned({name: case.indicator for name, case in CASES.items()})


@cache
def values(name: str) -> dict[str, NDArray[np.float64]]:
    if name not in market_series():
        pytest.skip(f"{name}: ../shared/data is not there")
    found = drive(ROWS, make_bars(*market_series()[name], HOUR)).values
    return {case: found[:, i] for i, case in enumerate(CASES)}


def test_every_indicator_has_an_oracle() -> None:
    assert {name.partition(".")[0].partition(" ")[0] for name in CASES} == set(ta.__all__) - {"Indicator"}


@pytest.mark.parametrize("name", NAMES)
def test_indicators_equal_their_oracles(name: str) -> None:
    found, series = values(name), market_series()[name]
    cases = {key: case for key, case in CASES.items() if not (case.running and name == "spiked")}
    errors = {key: worst_error(case.oracle, series, found[key].copy()) for key, case in cases.items()}
    assert {key: error for key, error in errors.items() if not error <= TOLERANCE} == {}
    for key, error in errors.items():
        record(f"ta.{key} {name}", error, TOLERANCE)


@pytest.mark.parametrize("case", CASES)
def test_an_indicator_is_not_a_number_until_its_warm_up_and_never_after(case: str) -> None:
    column, cold = values("walk")[case], known(CASES[case].indicator.series) - 1
    assert np.isnan(column[:cold]).all()
    assert not np.isnan(column[cold:]).any()
