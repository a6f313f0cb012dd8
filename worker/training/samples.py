"""Labelled samples: features at a bar, and what the price did over the bars after it (domain §7.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.settings import EngineSettings
from worker.engine.stages.features import FEATURE_NAMES
from worker.errors import DataError
from worker.training.series import Series

# What a price level or an instrument's size of volume decides cannot be learned from one market for another.
SCALED = frozenset(
    {
        *("ema_12", "ema_26", "ema_50", "sma_20", "sma_50", "wma_20", "macd", "macd_signal", "macd_hist"),
        *("atr_14", "don_hi", "don_lo", "mom_10", "amihud_20"),
    }
)
FEATURES = tuple(name for name in FEATURE_NAMES if name not in SCALED)


class Samples(NamedTuple):
    """Samples in order of time, then symbol; n rows."""

    features: NDArray[np.float32]  # (n, k), finite
    up: NDArray[np.int64]  # (n,): 1 rose, 0 fell, by more than the costs
    start: NDArray[np.int64]  # (n,): close of the bar, epoch ms
    end: NDArray[np.int64]  # (n,): close of the bar that the label looks at last, epoch ms

    def __len__(self) -> int:
        return len(self.up)

    def at(self, rows: NDArray[np.intp]) -> Samples:
        """Return the samples in `rows`."""
        return Samples(self.features[rows], self.up[rows], self.start[rows], self.end[rows])


def round_trip_cost(settings: EngineSettings, symbols: Iterable[str]) -> float:
    """Return fees and slippage of an entry and an exit, fraction of the price: of the dearest of `symbols`."""
    costs = [settings.execution.costs(settings.asset_of(symbol).defaults) for symbol in symbols]
    return max((2.0 * float(each["fee"] + each["slip"]) for each in costs), default=0.0)


def labelled(series: Sequence[Series], names: Sequence[str], horizon: int, cost: float) -> Samples:
    """Label every bar whose features are known and whose price moves beyond `cost` over `horizon` bars.

    Windows with a level shift or an expired reference are left out.

    Raises:
        DataError: nothing is left, or only one side.
    """
    columns = [FEATURE_NAMES.index(name) for name in names]
    parts = [_of_series(each, columns, horizon, cost) for each in series]
    found = Samples(*map(np.concatenate, zip(*parts, strict=True))) if parts else None
    if found is None or len(found) == 0 or len(np.unique(found.up)) < 2:
        raise DataError("there is nothing to learn from: no bars, or all labels on one side", "Give more bars")
    return found.at(np.argsort(found.start, kind="stable"))


def _of_series(series: Series, columns: list[int], horizon: int, cost: float) -> Samples:
    ahead = max(len(series.close) - horizon, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = np.log(series.close[horizon:] / series.close[:ahead])
    suspects = np.concatenate([[0], np.cumsum(series.suspect)])
    clean = suspects[horizon + 1 : horizon + 1 + ahead] == suspects[1 : 1 + ahead]
    with np.errstate(over="ignore"):
        features = series.features[:ahead, columns].astype(np.float32)
    kept = clean & (np.abs(moved) > cost) & np.isfinite(moved) & np.isfinite(features).all(axis=1)
    return Samples(
        features[kept],
        (moved[kept] > 0.0).astype(np.int64),
        series.close_ts[:ahead][kept],
        series.close_ts[horizon:][kept],
    )
