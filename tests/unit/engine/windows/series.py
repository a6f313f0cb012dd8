"""Series that break naive rolling sums: the six of domain §2 and more."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def adversarial() -> dict[str, Array]:
    """Name → 1 500 positive values."""
    rng, n = np.random.default_rng(20_240_101), 1_500
    steps = rng.normal(size=n)
    spike = 100 * np.exp(np.cumsum(1e-3 * steps))
    spike[700] *= 1e6
    split = 100 * np.exp(np.cumsum(1e-3 * rng.normal(size=n)))
    split[800:] /= 100
    repeated = 100 + rng.normal(size=n)
    repeated[::97] *= 1e5
    sparse = np.where(rng.random(n) < 0.03, rng.lognormal(10, 2, n), 1e-3)
    return {
        "level 1e5, steps of 0.01": 1e5 + np.cumsum(0.01 * rng.integers(-1, 2, n)),
        "prices of 1e-8": 1e-8 * np.exp(np.cumsum(1e-3 * rng.normal(size=n))),
        "one spike of 1e6 times": spike,
        "split of 100 to 1": split,
        "lognormal": rng.lognormal(8, 2, n),
        "random walk": 100 * np.exp(np.cumsum(1e-3 * rng.normal(size=n))),
        "sparse": sparse,
        "repeated spikes": repeated,
        "rise of e^30": np.exp(np.linspace(-15, 15, n)),
        "fall of e^30": np.exp(np.linspace(15, -15, n)),
    }


def constant_in_between() -> Array:
    """A walk that stands still for longer than a window, twice."""
    values = adversarial()["random walk"].copy()
    values[300:450] = values[300]
    values[900:1200] = 0.1
    return values
