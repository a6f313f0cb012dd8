"""The fusion against its formula in plain Python, and what a decision says of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support.oracle_report import record
from tests.support.timeframes_drive import drive
from tests.unit.engine.stages.timeframes.series import bars_of
from worker.engine.stages.timeframes import TIMEFRAMES, Settings

WEIGHTS = {"base": 1.0, "5m": 1.0, "15m": 1.5, "1h": 2.0, "4h": 2.0, "1d": 1.5}
BARS = bars_of("walk")[:25_000]
RNG = np.random.default_rng(3)
FEATURES = {
    "ema_12": 100.0 + RNG.normal(0, 1, BARS.size),
    "ema_26": np.full(BARS.size, 100.0),
    "atr_14": np.where(RNG.random(BARS.size) < 0.05, 0.0, RNG.uniform(0.1, 3.0, BARS.size)),
    "adx_14": np.where(np.arange(BARS.size) < 28, np.nan, RNG.uniform(0, 60, BARS.size)),
}
RUN = drive(BARS, features=FEATURES)


def base_direction(i: int) -> float:
    fast, slow, atr, adx = (float(FEATURES[name][i]) for name in ("ema_12", "ema_26", "atr_14", "adx_14"))
    if math.isnan(adx):
        return math.nan
    return (math.tanh((fast - slow) / atr) if atr else 0.0) * min(1.0, adx / 25)


def expected(i: int, weights: dict[str, float]) -> tuple[float, float]:
    directions = {"base": base_direction(i)}
    for k, name in enumerate(TIMEFRAMES):
        if RUN.closed[i, k]["times"]:
            directions[name] = float(RUN.closed[i, k]["direction"])
    ready = [(weights[name], d) for name, d in directions.items() if not math.isnan(d)]
    total = math.fsum(w for w, _ in ready)
    if not total:
        return math.nan, math.nan
    return (
        math.fsum(w * d for w, d in ready) / total,
        abs(math.fsum(w * np.sign(d) for w, d in ready)) / total,
    )


def test_the_fusion_is_the_weighted_mean_of_those_that_are_ready() -> None:
    rows = range(0, BARS.size, 7)
    found = np.array([RUN.out[["mtf", "agreement"]][i].tolist() for i in rows])
    wanted = np.array([expected(i, WEIGHTS) for i in rows])
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
    record("timeframes.fusion", float(np.nanmax(np.abs(found - wanted))), 1e-14)
    assert np.isnan(found[:4]).all()
    assert np.nanmax(np.abs(found)) <= 1.0
    assert not np.isnan(RUN.closed["direction"][-1, :4]).any()  # four timeframes had a say


def test_weights_are_settings() -> None:
    only = dict.fromkeys(WEIGHTS, 0.0) | {"1h": 1.0}
    out = drive(BARS, features=FEATURES, settings=Settings(**{f"weight_{name}": w for name, w in only.items()})).out
    hour = RUN.closed["direction"][:, TIMEFRAMES.index("1h")]
    assert out["mtf"][-1] == hour[-1]
    assert np.isnan(out["mtf"][:1000]).all()  # no weight is ready before the hour is


def test_views_carry_the_closed_buckets_rounded() -> None:
    last, closed = RUN.out[-1], RUN.closed[-1]
    for k in range(int(last["first"]), int(last["end"])):
        assert last["direction"][k] == pytest.approx(closed[k]["direction"], abs=5e-7, nan_ok=True)
        assert last["regime"][k] == closed[k]["regime"]
        assert last["partial"][k] == closed[k]["partial"]
