"""Labelled examples for the learners: standardised inputs of real bars, and ones with a known rule."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.features_drive import drive, make_bars
from tests.support.features_series import market_series
from worker.engine.stages.learning import INPUTS

HORIZON = 12


class Examples(NamedTuple):
    """Inputs, shape (n, inputs), and whether the price rose, shape (n,)."""

    x: NDArray[np.float32]
    up: NDArray[np.bool_]


def _ruled(n: int = 3_000) -> Examples:
    """A logistic rule that turns over in the middle."""
    rng = np.random.default_rng(8)
    x = np.clip(rng.normal(size=(n, len(INPUTS))), -5, 5).astype(np.float32)
    rule = rng.normal(size=len(INPUTS)) * np.where(np.arange(n) < n // 2, 1.0, -1.0)[:, None]
    return Examples(x, rng.random(n) < 1 / (1 + np.exp(-(x * rule).sum(axis=1))))


def _market(name: str) -> Examples:
    series = market_series()[name]
    features = drive(make_bars(*series))["features"]
    values = np.column_stack([features[name] for name in INPUTS])[101:-HORIZON]
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    rises = series.close[HORIZON:] > series.close[:-HORIZON]
    return Examples(np.clip(z, -5, 5).astype(np.float32), rises[101:])


@cache
def examples(name: str) -> Examples:
    """`ruled`, or the examples of a market series."""
    return _ruled() if name == "ruled" else _market(name)


NAMES = ("ruled", "sp500", "nasdaq")
