"""Rules 23 to 26, the volume window, and the score that all rules add up to."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import lean
from tests.support.drive import Array, Symbol, make_bars
from tests.unit.engine.stages.validation.case import Case
from worker.engine.reasons import FATAL, LEVELS, QUARANTINE, Reject
from worker.engine.stages.validation import Settings

# The severities of domain §1.2, written down a second time.
PENALTIES = {
    "ts_misaligned": 0.10,
    "tick_misaligned": 0.10,
    "reference_missing": 0.0,
    "reference_expired": 0.10,
    "wick_clipped": 0.25,
    "wick_suspect": 0.10,
    "price_spike": 0.25,
    "zero_volume": 0.10,
    "price_move_no_volume": 0.25,
    "volume_spike": 0.25,
    "gap": 0.10,
    "gap_large": 0.25,
    "stale_bar": 0.25,
    "level_shift_accepted": 0.25,
}


def test_no_volume_is_minor_on_a_flat_bar_and_moderate_on_one_that_moved() -> None:
    case = Case()
    flat, moved, traded = case.show(volume=0.0), case.show(volume=0.0, high=case.cp * 1.001), case.show(volume=1e-9)
    assert (int(flat["mask"]), float(flat["score"])) == (1 << Reject.zero_volume, 0.9)
    assert (int(moved["mask"]), float(moved["score"])) == (1 << Reject.price_move_no_volume, 0.75)
    assert int(traded["mask"]) == 0


def test_volume_above_a_hundred_times_the_mean_is_a_spike() -> None:
    assert Case().codes(volume=100_000.0) == set()
    assert Case().codes(volume=100_001.0) == {"volume_spike"}
    assert Case(Settings(max_volume_multiplier=2)).codes(volume=2_001.0) == {"volume_spike"}


def test_the_volume_rule_waits_for_twenty_bars_and_a_mean_above_zero() -> None:
    assert Case(bars=19).codes(volume=1e9) == set()
    assert Case(bars=20).codes(volume=1e9) == {"volume_spike"}
    quiet = Symbol()
    verdicts = quiet.feed(make_bars(np.full(60, 100.0), volume=np.append(np.zeros(59), 5.0)))["validation"]
    assert not int(verdicts["mask"][-1]) >> Reject.volume_spike & 1


def test_a_spike_cannot_hide_the_next() -> None:
    case = Case()
    assert case.codes(volume=1e9) == {"volume_spike"}
    # stored as 100 000: the mean is now 2 980, so that 298 000 is the limit
    assert float(case.own["volume_sum"]["total"]) == 49 * 1_000.0 + 100_000.0
    assert case.codes(volume=298_001.0) == {"volume_spike"}


def stuck(bars: int) -> Array:
    flat = np.zeros(bars, dtype=Case().bar().dtype)
    case = Case()
    for i in range(bars):
        flat[i] = case.bar(after=1 + i)
    return case.symbol.feed(flat)["validation"]


def test_ten_unchanged_bars_are_stuck_and_thirty_are_worse() -> None:
    verdicts = stuck(31)
    is_stuck = verdicts["mask"] >> np.uint64(Reject.stuck_price) & np.uint64(1) == 1
    assert is_stuck.tolist() == [False] * 9 + [True] * 22
    assert verdicts["score"][9:29].tolist() == [0.9] * 20
    np.testing.assert_allclose(verdicts["score"][29:], 0.55, rtol=1e-15)
    assert {LEVELS[level] for level in verdicts["level"][29:]} == {"Poor"}


def test_a_bar_with_a_range_ends_the_run_of_unchanged_ones() -> None:
    case = Case()
    for _ in range(9):
        case.show()
    case.show(high=case.cp * 1.0001)
    assert [case.codes() for _ in range(10)] == [set()] * 9 + [{"stuck_price"}]


@pytest.mark.parametrize(
    ("fields", "score", "level"),
    [
        ({}, 1.0, "Excellent"),
        ({"volume": 0.0}, 0.90, "Good"),
        ({"volume": 0.0, "after": 2}, 0.80, "Good"),
        ({"after": 12}, 0.75, "Fair"),
        ({"after": 12, "volume": 0.0}, 0.65, "Fair"),
        ({"after": 12, "volume": 1e9}, 0.50, "Poor"),
        ({"after": 12, "volume": 1e9, "high": 120.0, "close": 110.0}, 0.05, "Poor"),
        ({"volume": -1.0}, 0.0, "Invalid"),
        ({"open": 300.0, "high": 300.0, "low": 300.0, "close": 300.0}, 0.0, "Invalid"),
    ],
)
def test_penalties_add_up_to_a_score_and_a_level(fields: dict[str, float], score: float, level: str) -> None:
    if score == 0.05:
        fields = {**fields, "ingest_ts": 2e12}  # and stale
    verdict = Case().show(**fields)
    assert float(verdict["score"]) == pytest.approx(score, abs=1e-12)
    assert LEVELS[verdict["level"]] == level


def expected(mask: int, stuck_run: int) -> float:
    if mask & (FATAL | QUARANTINE):
        return 0.0
    penalty = 0.45 if stuck_run >= 30 else 0.10
    names = [code.name for code in Reject if mask >> code & 1]
    return max(0.05, 1 - sum(penalty if name == "stuck_price" else PENALTIES[name] for name in names))


@pytest.mark.parametrize("name", ["spx", "penny", "bad", "mismatch", "zeros", "bitcoin"])
def test_scores_on_real_and_dirty_series_are_those_of_the_table(name: str) -> None:
    symbol = Symbol()
    verdicts, run = [], []
    for bar in lean.quotes(name):
        verdicts.append(symbol.feed(bar.reshape(1))["validation"][0])
        run.append(int(symbol.state["validation"]["stuck"][0]))
    for verdict, length in zip(verdicts, run, strict=True):
        score = expected(int(verdict["mask"]), length)
        assert float(verdict["score"]) == pytest.approx(score, abs=1e-12)
        bounds = [0.95, 0.80, 0.60, 0.01]
        level = next((4 - i for i, bound in enumerate(bounds) if score >= bound - 1e-9), 0)
        assert int(verdict["level"]) == level
