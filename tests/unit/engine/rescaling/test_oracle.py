"""A split with its record leads to the state and the decisions that the whole history of adjusted prices leads to."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from tests.support.features_drive import make_bars
from tests.support.features_series import random_walk
from tests.support.lean import PRICE_SCALE, equity, folder
from tests.support.splitting import (
    PRICES,
    Array,
    Played,
    Split,
    adjusted,
    differing,
    named,
    play,
    recorded,
    splits,
)
from worker.engine.controls import Action
from worker.engine.settings import EngineSettings, engine_settings

EVERY = {name: {"enabled": True} for name in ("anomaly", "forecast", "learning", "calibration")}
DEFAULTS, ALL = EngineSettings(), engine_settings(EVERY)
WAYS = {
    "defaults": DEFAULTS,
    "all stages": ALL,
    "robust": engine_settings({"normalization": {"method": "robust", "include_current": False}}),
    "log volumes": engine_settings(EVERY | {"normalization": {"method": "minmax", "volume_transform": "log1p"}}),
}
BEFORE, AFTER = 700, 300
HOUR = 3_600_000
START = 1_700_000_000_000 // HOUR * HOUR
# A logarithm of volumes takes the factor as a sum, and a level of logarithms does too: these are equal to rounding.
CLOSE = 1e-9


def real() -> list[Split]:
    """The splits of the factor files, reverse ones among them."""
    if not (folder() / "data").is_dir():
        return []
    return [split for symbol in ("aapl", "aig", "ibm", "bac", "qqq", "iwm", "eem") for split in splits(symbol)]


def around(split: Split) -> Array:
    """The bars in the file's whole numbers: a tie of two moves, which decides, is one at every whole factor."""
    bars = equity(split.symbol)
    at = int(np.searchsorted(bars["ts"], split.action.ex_ts))
    found = bars[max(at - BEFORE, 0) : at + AFTER].copy()
    for name in PRICES:
        found[name] = np.rint(found[name] * PRICE_SCALE)
    return found


def both(bars: Array, action: Action, settings: EngineSettings) -> tuple[Played, Played]:
    """The raw bars with the record, and the adjusted ones."""
    raw = play(bars, settings, recorded("S", action))
    return raw, play(adjusted(bars, action), settings)


def exact(action: Action) -> bool:
    return math.frexp(action.factor)[0] == 0.5


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("split", real(), ids=named)
def test_real_splits(split: Split, way: str) -> None:
    bars = around(split)
    raw, wanted = both(bars, split.action, WAYS[way])
    after = bars["ts"] >= split.action.ex_ts
    tolerance = 0.0 if exact(split.action) and way in ("defaults", "robust") else CLOSE
    assert not differing(raw.state, wanted.state, tolerance)
    assert not differing(raw.outs[after], wanted.outs[after], tolerance)
    (first,) = np.flatnonzero(after)[:1]
    assert raw.outs["validation"]["accepted"][first]
    assert not raw.outs["validation"]["shift"][first : first + 3].any()


def test_there_are_real_splits_of_every_kind() -> None:
    factors = {split.action.factor for split in real()}
    if not factors:
        pytest.skip("no market data")
    assert {0.5, 0.25, 1.0 / 7.0, 0.8, 20.0} <= factors


@cache
def walk() -> Array:
    bars: Array = make_bars(*random_walk(5, 900), HOUR)
    for name in ("ts", "ingest_ts"):
        bars[name] += START
    return bars


@pytest.mark.parametrize("factor", [0.5, 0.25, 8.0, 1.0 / 3.0, 1.5, 20.0])
@pytest.mark.parametrize("at", [1, 5, 14, 15, 26, 34, 50, 99, 101, 128, 129, 400, 899])
def test_a_split_at_any_age_of_a_symbol(at: int, factor: float) -> None:
    """Averages are sums until they are seeded, rings are not full, the first bar of all is just over."""
    bars = walk().copy()
    action = Action(int(bars["ts"][at]), factor)
    for name in PRICES:
        bars[name][at:] *= factor
    bars["volume"][at:] /= factor
    raw, wanted = both(bars, action, ALL)
    tolerance = 0.0 if exact(action) else CLOSE
    apart = frozenset({"derived.forecast.holt.level", "derived.forecast.variance", "derived.forecast.holt.trend"})
    assert not differing(raw.state, wanted.state, tolerance, apart)
    assert not differing(raw.state, wanted.state, CLOSE)
