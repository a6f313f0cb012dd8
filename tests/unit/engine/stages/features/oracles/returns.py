"""Oracles of the distribution and dependence of returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.support.features_series import Series
from tests.unit.engine.stages.features.oracles.oracle import Oracle, exact_std, flat, log_returns, one, warm, windows


def _centred_returns(s: Series) -> Any:
    last = windows(log_returns(s)[1:], 60)
    return last - last.mean(axis=1, keepdims=True)


def _equal_returns(n: int) -> Callable[[Series], Any]:
    return lambda s: flat(log_returns(s), n)


def _skewness(s: Series) -> Any:
    a = _centred_returns(s)
    return warm(np.sqrt(60 * 59) / 58 * (a**3).mean(axis=1) / (a**2).mean(axis=1) ** 1.5, s)


def _kurtosis(s: Series) -> Any:
    a = _centred_returns(s)
    return warm(59 / (58 * 57) * (61 * (a**4).mean(axis=1) / (a**2).mean(axis=1) ** 2 - 3 * 59), s)


def _variance_ratio(s: Series) -> Any:
    a = _centred_returns(s)
    four = windows(a.reshape(-1), 4).sum(axis=1)
    fours = np.stack([(four[60 * i : 60 * i + 57] ** 2).sum() for i in range(len(a))])
    return warm(fours / (4 * 57 * (1 - 4 / 60)) / ((a**2).sum(axis=1) / 59), s)


def _variance_ratio_z(s: Series) -> Any:
    square = _centred_returns(s) ** 2
    total = square.sum(axis=1)
    deltas = [60 * (square[:, k:] * square[:, :-k]).sum(axis=1) / total**2 for k in (1, 2, 3)]
    theta = sum(((4 - k) / 2) ** 2 * delta for k, delta in zip((1, 2, 3), deltas, strict=True))
    return np.sqrt(60) * (_variance_ratio(s) - 1) / warm(np.sqrt(theta), s)


def _autocorrelation(s: Series) -> Any:
    a = _centred_returns(s)
    return warm((a[:, 1:] * a[:, :-1]).sum(axis=1) / (a**2).sum(axis=1), s)


RETURNS: dict[str, Oracle] = {
    "logret_1": Oracle(log_returns),
    "rv_cc_20": Oracle(lambda s: exact_std(log_returns(s), 20)),
    "skew_60": Oracle(_skewness, one, _equal_returns(60), 0.0),
    "kurt_60": Oracle(_kurtosis, one, _equal_returns(60), 0.0),
    "vr_4_60": Oracle(_variance_ratio, one, _equal_returns(60), 1.0),
    "vr_z": Oracle(_variance_ratio_z, one, _equal_returns(60), 0.0),
    "acf1_60": Oracle(_autocorrelation, one, _equal_returns(60), 0.0),
    "vol_ratio": Oracle(
        lambda s: exact_std(log_returns(s), 10) / exact_std(log_returns(s), 100), one, _equal_returns(100), 1.0
    ),
}
