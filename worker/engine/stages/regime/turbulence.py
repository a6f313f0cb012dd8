"""Probability of turbulence: a two-state Gaussian filter with fixed parameters (Hamilton 1989; Rabiner 1989)."""

import math
from typing import Any

import numpy as np

from worker.engine.elementary import exp
from worker.engine.kernel import embedded

SEED = 20  # returns whose mean square initialises the variance
FARTHEST = 1e6  # limit of standardised squares: beyond it the exponential is 0 anyway

STATE = np.dtype(
    [
        ("returns", "i8"),  # number of returns so far
        ("variance", "f8"),  # of one bar; until initialised, the sum of the squares
        ("probability", "f8"),  # of the turbulent state
    ],
    align=True,
)


@embedded
def _weigh(u2: float, prior: float, p: Any) -> float:
    """Return the posterior of the turbulent state; dividing by the calm density keeps both densities from vanishing."""
    calm = 1.0 / (p.turb_calm_sd * p.turb_calm_sd)
    wild = 1.0 / (p.turb_sd * p.turb_sd)
    odds = (1.0 - prior) / prior * (p.turb_sd / p.turb_calm_sd)
    posterior: float = 1.0 / (1.0 + odds * exp(-0.5 * u2 * (calm - wild)))
    return posterior


@embedded
def _filter(own: Any, square: float, p: Any) -> None:
    if own.returns == SEED:
        # Before the first observation: the chain's stationary law.
        own.probability = (1.0 - p.turb_calm_stay) / ((1.0 - p.turb_calm_stay) + (1.0 - p.turb_stay))
    prior = own.probability * p.turb_stay + (1.0 - own.probability) * (1.0 - p.turb_calm_stay)
    own.probability = prior
    if own.variance > 0.0:
        own.probability = _weigh(min(square / own.variance, FARTHEST), prior, p)


@embedded
def update(own: Any, logret: float, p: Any) -> float:
    """Return P(turbulent) after u = r/σ₋₁ with σ² = d·σ²₋₁ + (1-d)·r², seeded with the mean of the first 20 r².

    Filtered, never smoothed; NaN until 21 returns are known. A NaN return (first bar, non-positive price) leaves it
    unchanged; a bar after a variance of 0 moves it by the transition alone.
    """
    if not math.isnan(logret):
        square = logret * logret
        if own.returns >= SEED:
            _filter(own, square, p)
            own.variance = p.turb_decay * own.variance + (1.0 - p.turb_decay) * square
        else:
            own.variance += square
            if own.returns == SEED - 1:
                own.variance /= SEED
        own.returns += 1
    probability: float = own.probability
    return probability if own.returns > SEED else math.nan
