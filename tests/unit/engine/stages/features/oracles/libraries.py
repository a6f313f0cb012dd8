"""Statistics of 60 log returns by scipy, pandas, arch and statsmodels, on windows spread over a series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from arch.unitroot import VarianceRatio
from numpy.typing import NDArray
from scipy import stats
from statsmodels.tsa.stattools import acf

from tests.support.features_series import Series
from tests.support.oracle_report import record

WINDOWS = 60  # of each series
RETURNS = 60
BOUND = 1e-9


def _expected(closes: NDArray[np.float64]) -> dict[str, float]:
    prices = np.log(closes)
    returns = np.diff(prices)
    ratio = VarianceRatio(prices, lags=4, overlap=True, robust=True, debiased=True)
    return {
        "skew_60 scipy": float(stats.skew(returns, bias=False)),
        "kurt_60 scipy": float(stats.kurtosis(returns, bias=False)),
        "skew_60 pandas": float(pd.Series(returns).skew()),
        "kurt_60 pandas": float(pd.Series(returns).kurt()),
        "vr_4_60 arch": float(ratio.vr),
        "vr_z arch": float(ratio.stat),
        "acf1_60 statsmodels": float(acf(returns, nlags=1, fft=False)[1]),
    }


def compare_windows(found: NDArray[Any], series: Series, name: str) -> None:
    """Record the worst error of each statistic, relative to the value or to 1."""
    worst: dict[str, float] = {}
    for end in np.linspace(RETURNS, series.close.size - 1, WINDOWS).astype(int):
        for key, value in _expected(series.close[end - RETURNS : end + 1]).items():
            error = abs(found[key.split()[0]][end] - value) / max(abs(value), 1.0)
            worst[key] = max(worst.get(key, 0.0), error)
    for key, error in worst.items():
        record(f"{key} {name}", error, BOUND)
