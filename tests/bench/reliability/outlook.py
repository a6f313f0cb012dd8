"""What forecasts of the return, and the mark of an anomaly, have to do with the bars that follow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bench.reliability.said import SLICE, SUSPECT
from worker.engine.partition import PartitionEngine
from worker.engine.scoring.labels import HORIZON
from worker.engine.settings import EngineSettings

METHODS = ("holt", "ar2")
NORMAL = 1.96  # standard deviations around the forecast that should hold 95 % of the returns
Column = NDArray[np.float64]


def worth(series: Iterable[NDArray[Any]]) -> dict[str, float]:
    """Figures over the BAR rows of all series.

    Medians over the series: `forecast_mse_*`, the mean squared error over the next bars in units of the mean square of
    the return, 1 = as good as expecting nothing; `forecast_within_*`, the share of returns within ±1.96 standard
    deviations, 0.95 when they are right. Over all bars: `anomaly_share` of the bars judged; `anomaly_move`, the mean
    size of the next bar's return in standard deviations of the past, after an anomaly over after the other bars.
    """
    rows, found = list(series), {}
    for method in METHODS:
        played = [play(each, method) for each in rows]
        errors, held = zip(*(_errors(*each[:3]) for each in played), strict=True)
        found[f"forecast_mse_{method}"] = float(np.median([each.mean() for each in errors]))
        found[f"forecast_within_{method}"] = float(np.median([each.mean() for each in held]))
    marked, moved = (np.concatenate([each[k] for each in played]) for k in (3, 4))
    found["anomaly_share"] = float(np.nanmean(marked))
    found["anomaly_move"] = float(np.nanmean(moved[marked == 1.0]) / np.nanmean(moved[marked == 0.0]))
    return found


def play(rows: NDArray[Any], method: str) -> tuple[Column, Column, Column, Column, Column]:
    """(return over HORIZON bars, forecast, its sd, 1 for an anomaly, size of the next return) a bar, NaN if unknown."""
    on = {"enabled": True}
    settings = EngineSettings.model_validate({"anomaly": on, "forecast": {**on, "method": method}})
    engine, parts = PartitionEngine(settings), []
    for start in range(0, len(rows), SLICE):
        bars = rows[start : start + SLICE].copy()
        outs = engine.step_key(b"A", bars)
        kept = outs["validation"]["accepted"]
        broken = outs["validation"]["mask"] & SUSPECT != 0
        marked = np.where(np.isnan(outs["anomaly"]["distance"]), np.nan, outs["anomaly"]["anomaly"])
        sigma, expected, sd = (
            outs["validation"]["sigma_ref"],
            outs["forecast"]["forecast_h"],
            outs["forecast"]["forecast_sd"],
        )
        columns = (np.log(bars["close"]), broken.astype(float), sigma, expected, sd, marked)
        parts.append([column[kept] for column in columns])
    close, broken, sigma, expected, sd, marked = (np.concatenate(each) for each in zip(*parts, strict=True))
    ahead = _ahead(close, broken, HORIZON)
    return ahead, expected, sd, marked, np.abs(_ahead(close, broken, 1)) / sigma


def _ahead(close: Column, broken: Column, bars: int) -> Column:
    """Log return over the next bars; NaN across a broken reference and at the end."""
    found, breaks = np.full(len(close), np.nan), np.cumsum(broken)
    found[:-bars] = np.where(breaks[bars:] == breaks[:-bars], close[bars:] - close[:-bars], np.nan)
    return found


def _errors(ahead: Column, expected: Column, sd: Column) -> tuple[Column, NDArray[np.bool_]]:
    known = np.isfinite(ahead) & np.isfinite(expected) & (sd > 0.0)
    error = ahead[known] - expected[known]
    return error**2 / np.mean(ahead[known] ** 2), np.abs(error) <= NORMAL * sd[known]
