"""What validation's state promises: untouched by rejected bars, a snapshot, any batch, any start."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support import drive, lean
from tests.support.drive import Array, Symbol, make_bars
from tests.unit.engine.stages.validation.case import MINUTE, Case
from worker.engine.reasons import Reject, bits
from worker.engine.windows.moments import REBUILD_INTERVALS

PRICES = ("open", "high", "low", "close")


def dirty(n: int = 1_200, seed: int = 5) -> Array:
    """A walk with gaps, every kind of dirt, two jumps of level and a reference from the future."""
    rng = np.random.default_rng(seed)
    bars = make_bars(100 * np.exp(np.cumsum(1e-3 * rng.normal(size=n))), volume=rng.lognormal(6, 1, n))
    for field in PRICES:
        bars[field][n // 3 :] *= 3
        bars[field][n // 2 :] /= 8
    bars["ts"] += MINUTE * np.cumsum(rng.random(n) < 0.03)
    bars["ingest_ts"] = bars["ts"] + MINUTE
    for i in rng.choice(n, n // 10, replace=False):
        kind = rng.integers(8)
        if kind == 0:
            bars[rng.choice([*PRICES, "volume"])][i] = np.nan
        elif kind == 1:
            bars["high"][i] *= 0.5
        elif kind == 2:
            bars["high"][i] *= 5
        elif kind == 3:
            bars["ts"][i] -= 40 * MINUTE
        elif kind == 4 and i:
            bars[i] = bars[i - 1]
        elif kind == 5:
            bars["mask"][i] = bits(Reject.missing_field)
        else:
            for field in PRICES:
                bars[field][i] *= 10
    bars["ts"][3 * n // 4] += 30 * 86_400_000
    bars["ingest_ts"][3 * n // 4] = bars["ts"][3 * n // 4] + MINUTE
    return bars


def without_candidates(state: Array) -> bytes:
    """The state's bytes without the parts that a rejected bar may change."""
    copy = state.copy()
    for field in ("late", "late_ts", "pending", "candidates"):
        copy["validation"][field] = 0
    return copy.tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_a_rejected_bar_changes_only_candidates_and_the_run_of_late_bars(seed: int) -> None:
    symbol, rejected = Symbol(), 0
    for bar in dirty(seed=seed):
        before = symbol.state.copy()
        verdict: Any = symbol.feed(bar.reshape(1))["validation"][0]
        if not verdict["accepted"]:
            rejected += 1
            assert without_candidates(symbol.state) == without_candidates(before)
            if bar["mask"]:
                assert symbol.state.tobytes() == before.tobytes()
            assert np.isnan(verdict["high"])
            assert (verdict["score"], verdict["level"]) == (0, 0)
    assert rejected > 100


@pytest.mark.parametrize(
    "fields",
    [
        {"mask": bits(Reject.tombstone)},
        {"open": np.nan},
        {"low": 0.0},
        {"volume": -1.0},
        {"high": 90.0},
        {"high": 151.0},
        {"ingest_ts": 0},
        {"interval_ms": 0},
    ],
)
def test_an_unknown_symbol_stays_all_zero_until_a_bar_is_accepted(fields: dict[str, float]) -> None:
    case = Case(bars=0)
    for _ in range(4):
        assert not case.show(**fields)["accepted"]
        assert not any(case.symbol.state.tobytes())


@pytest.mark.parametrize("cuts", [[1], [600], [399, 400, 401, 402], list(range(0, 1_200, 7))])
def test_neither_batches_nor_snapshots_show_in_outputs_or_state(cuts: list[int]) -> None:
    bars = dirty()
    whole = Symbol()
    expected = whole.feed(bars)
    outs, snapshot = [], Symbol().state.tobytes()
    for part in np.split(bars, cuts):
        fresh = Symbol()
        fresh.state = np.frombuffer(bytearray(snapshot), dtype=fresh.state.dtype)
        outs.append(fresh.feed(part).tobytes())
        snapshot = fresh.state.tobytes()
    assert b"".join(outs) == expected.tobytes()
    assert snapshot == whole.state.tobytes()


@pytest.mark.parametrize("skipped", [1, 100, 333])
def test_symbols_started_apart_judge_alike_after_one_window_and_one_time_block(skipped: int) -> None:
    rng = np.random.default_rng(8)
    bars = make_bars(100 * np.exp(np.cumsum(1e-3 * rng.normal(size=900))), volume=rng.lognormal(6, 1, 900))
    bars = bars[rng.random(900) > 0.03]
    whole, later = Symbol().feed(bars), Symbol().feed(bars[skipped:])
    settled = 1 + 100 + REBUILD_INTERVALS  # the first return needs two bars; sigma_ref is of the bars before
    assert drive.bits(whole[skipped + settled :]) == drive.bits(later[settled:])


@pytest.mark.parametrize("name", ["aapl", "spy", "aig"])
def test_sigma_ref_is_the_robust_volatility_of_the_last_hundred_returns(name: str) -> None:
    bars = lean.equity(name)[:3_000]
    verdicts = Symbol().feed(bars)["validation"]
    returns: list[float] = []
    reference = np.nan
    for bar, verdict in zip(bars, verdicts, strict=True):
        window = np.array(returns[-100:])
        if window.size < 20:
            assert np.isnan(verdict["sigma_ref"])
        else:
            mad = np.median(np.abs(window - np.median(window)))
            expected = max(1.4826 * mad, 1.2533 * np.mean(np.abs(window)), 1e-4)
            assert verdict["sigma_ref"] == pytest.approx(expected, rel=1e-12)
        if not verdict["accepted"]:
            continue
        if not (verdict["shift"] or verdict["expired"] or np.isnan(reference)):
            returns.append(float(np.log(bar["close"] / reference)))
        reference = float(bar["close"])


def test_unchanged_prices_leave_sigma_at_its_floor_or_at_the_mean_return() -> None:
    flat = Symbol()
    flat.feed(make_bars(np.full(60, 100.0)))
    assert flat.state["validation"]["sigma"][0] == 1e-4
    mostly = np.full(101, 100.0)
    mostly[1::6] = 101.0  # two thirds of the returns are zero: the MAD is 0
    symbol = Symbol()
    symbol.feed(make_bars(mostly))
    mean = np.mean(np.abs(np.diff(np.log(mostly))))
    assert symbol.state["validation"]["sigma"][0] == pytest.approx(1.2533 * mean, rel=1e-12)


def test_no_bar_whatever_its_numbers_makes_an_infinity() -> None:
    rng = np.random.default_rng(0)
    wild = np.array([5e-324, 1e-300, 1e-10, 1.0, 1e10, 1e300, 1.7e308])
    bars = make_bars(np.full(3_000, 1.0))
    for field in (*PRICES, "volume"):
        bars[field] = rng.choice(wild, bars.size)
    flat = rng.random(bars.size) < 0.7
    for field in ("open", "high", "low"):
        bars[field][flat] = bars["close"][flat]
    symbol = Symbol()
    outs = symbol.feed(bars)
    assert outs["validation"]["accepted"].sum() > 100
    for part in ("validation", "normalization"):
        # `move` is an intermediate value: the logarithm of a quotient that may overflow
        for field in set(outs[part].dtype.fields or ()) - {"move"}:
            assert not np.isinf(outs[part][field].astype(float)).any(), field
