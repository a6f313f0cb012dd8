"""Walk-forward: the try that was best on all days before, on the days after, over and over."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.metrics.ratios import Ratios, ratios, sharpe

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
By = Literal["sharpe", "total_return"]


class Step(NamedTuple):
    """One step: the try that was best before `first_day`, on the days from there on. Days since 1970-01-01."""

    chosen: int
    begin_day: int  # first of the days it was chosen by
    first_day: int
    last_day: int
    before: float  # yearly Sharpe ratio of the days it was chosen by
    sharpe: float  # yearly, of the days after, as all that follows
    total_return: float
    held: float  # total return of buy-and-hold


class Walk(NamedTuple):
    """All steps, and the days after in a row."""

    steps: list[Step]
    day: Ints
    returns: Floats  # by day
    held: Floats  # of buy-and-hold
    result: Ratios
    buy_and_hold: Ratios


def walk_forward(returns: Floats, held: Floats, days: Ints, folds: int, per_year: float, by: By = "sharpe") -> Walk:
    """Cut the days into folds + 1 equal parts; on each but the first, trade the try that was best on all before it.

    `returns` has shape (tries, days), `held` (days,). Best is what has the highest Sharpe ratio or
    total return. The engine does not look ahead, so one run serves every step.
    """
    bounds = np.linspace(0, days.size, folds + 2).astype(int)
    steps, parts = [], [np.zeros(0)]
    yearly = math.sqrt(per_year)
    for start, stop in pairwise(bounds[1:].tolist()):
        if start == stop or start == 0:
            continue
        score = np.array([SCORES[by](row[:start]) for row in returns])
        chosen = int(np.argmax(np.where(np.isnan(score), -math.inf, score)))
        after = returns[chosen, start:stop]
        parts.append(after)
        span = int(days[0]), int(days[start]), int(days[stop - 1])
        figures = sharpe(after) * yearly, grown(after), grown(held[start:stop])
        steps.append(Step(chosen, *span, sharpe(returns[chosen, :start]) * yearly, *figures))
    walked = np.concatenate(parts)
    first = days.size - walked.size
    beside = held[first:]
    return Walk(steps, days[first:], walked, beside, ratios(walked, per_year), ratios(beside, per_year))


def grown(returns: Floats) -> float:
    """Return the total return of returns in a row, NaN without any."""
    return float(np.prod(1.0 + returns)) - 1.0 if returns.size else math.nan


SCORES = {"sharpe": sharpe, "total_return": grown}
