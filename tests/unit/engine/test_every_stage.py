"""One suite over every stage: what each must keep true whatever it computes."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest

from tests.support import engine_drive
from tests.support.engine_drive import Array, Bars, first_difference, leaves, new_states
from worker.engine.pipeline import OUTPUT
from worker.engine.settings import EngineSettings
from worker.engine.stages.features import FEATURE_NAMES, WARMUP
from worker.engine.state.layout import MARKET_END, MARKET_START, STATE, derived_span
from worker.sources.simulation.faults import FAULTS
from worker.sources.simulation.simulator import Simulation

SYMBOLS, LENGTH = 3, 1_700
STAGES = OUTPUT.names or ()
OBSERVING = STAGES[: STAGES.index("execution")]
ROLLING = tuple(name for name in OBSERVING if name != "validation")
MOST_BYTES = 32 * 1024
REWARM = 1_024  # bars after which a symbol without a snapshot counts as warm again (domain §0)
# Price levels live as long as they are touched (domain §4.2). Windows of a timeframe are counted in its own bars.
LONG_MEMORY = ("structure", "events")
# What is learned comes from labels, which a start later has fewer of: only snapshots and replays repeat it.
LEARNED = ("learning", "model")
# Variances that fade by 0.99 a bar keep some millionths of what lies 1,274 bars back.
FADING = {"anomaly": 1e-5, "forecast": 1e-5}
SETTINGS = EngineSettings.model_validate(
    {name: {"enabled": True} for name in ("learning", "calibration", "anomaly", "forecast")}
)
run = partial(engine_drive.run, settings=SETTINGS)


@cache
def market() -> Bars:
    """Minute bars with all kinds of faults."""
    return engine_drive.simulated(Simulation(symbols=SYMBOLS, bars=LENGTH, seed=23, fault_rate=0.03))


@cache
def whole() -> Array:
    return run(market())


def random_cuts(seed: int, count: int) -> list[int]:
    rng = np.random.default_rng(seed)
    return sorted(rng.choice(np.arange(1, len(market().rows)), count, replace=False).tolist())


@cache
def in_batches() -> Array:
    return run(market(), cuts=random_cuts(1, 60))


@cache
def one_by_one() -> tuple[Array, int]:
    head = SYMBOLS * 400
    return run(market().part(slice(0, head)), cuts=range(1, head)), head


@cache
def restored() -> Array:
    """The market with the states copied byte by byte at random places."""
    states, parts, begin = new_states(SYMBOLS), [], 0
    for cut in [*random_cuts(2, 12), len(market().rows)]:
        parts.append(run(market().part(slice(begin, cut)), states))
        states, begin = np.frombuffer(states.tobytes(), STATE).copy(), cut
    return np.concatenate(parts)


@cache
def prefix(cut: int) -> Array:
    return run(market().part(slice(0, cut)))


@pytest.mark.parametrize("stage", STAGES)
def test_batch_boundaries_do_not_show(stage: str) -> None:
    assert first_difference(in_batches()[stage], whole()[stage]) is None
    single, head = one_by_one()
    assert first_difference(single[stage], whole()[stage][:head]) is None


@pytest.mark.parametrize("stage", STAGES)
def test_a_snapshot_goes_on_to_the_bit(stage: str) -> None:
    assert first_difference(restored()[stage], whole()[stage]) is None


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_depends_on_later_bars(stage: str) -> None:
    for cut in random_cuts(3, 6):
        assert first_difference(prefix(cut)[stage], whole()[stage][:cut]) is None


@pytest.mark.parametrize("stage", STAGES)
def test_no_infinity_leaves_a_stage(stage: str) -> None:
    for name, values in leaves(whole()[stage]).items():
        assert not np.isinf(values.astype(float)).any(), name


@cache
def without_levels() -> tuple[Bars, Array, Array]:
    """A market without new levels, its outputs, and the outputs when the rejected bars had never come."""
    kinds = tuple(kind for kind in FAULTS if kind != "split")
    bars = engine_drive.simulated(Simulation(symbols=SYMBOLS, bars=900, seed=29, fault_rate=0.04, faults=kinds))
    dirty = run(bars)
    accepted = dirty["validation"]["accepted"]
    assert not dirty["validation"]["shift"].any()
    assert (~accepted).sum() > 40
    return bars, dirty[accepted], run(bars.part(accepted))


@pytest.mark.parametrize("stage", ROLLING)
def test_rejected_bars_change_nothing(stage: str) -> None:
    _, dirty, clean = without_levels()
    assert first_difference(dirty[stage], clean[stage]) is None


@cache
def started_late() -> tuple[Array, Array]:
    """Outputs from bar 500 on of a clean market: of an engine that saw all of it, and of one that began there."""
    bars = engine_drive.simulated(Simulation(symbols=SYMBOLS, bars=2_400, seed=31))
    later = slice(SYMBOLS * 500, None)
    return run(bars)[later], run(bars.part(later))


@pytest.mark.parametrize("feature", FEATURE_NAMES)
def test_a_feature_forgets_what_lies_before_its_warm_up(feature: str) -> None:
    early, late = (outs["features"][feature][SYMBOLS * (REWARM + WARMUP[feature]) :] for outs in started_late())
    assert len(early) > SYMBOLS * 500
    assert not np.isnan(early).any()
    assert np.abs(early - late).max() <= 1e-9 * max(np.abs(early).max(), 1e-300)


def test_the_span_of_parts_of_a_state_holds_their_fields() -> None:
    assert derived_span("history", "forecast") == (MARKET_START, MARKET_END)
    start, stop = derived_span("regime", "regime")
    state = np.zeros(1, STATE)
    state["derived"]["regime"]["run"] = -1
    changed = np.flatnonzero(state.view(np.uint8))
    assert start <= changed.min()
    assert changed.max() < stop


def test_every_stage_has_something_to_say() -> None:
    accepted = whole()[whole()["validation"]["accepted"]]
    assert accepted["calibration"]["calibrated"].any()
    assert (accepted["learning"]["labels"] > 400).any()
    assert accepted["model"]["online"].all()
    for values in (accepted["anomaly"]["distance"], accepted["forecast"]["forecast_h"]):
        assert 0.5 < np.isfinite(values).mean() < 1.0


@pytest.mark.parametrize("stage", [stage for stage in ROLLING if stage not in ("timeframes", *LEARNED)])
def test_a_stage_is_warm_again_after_the_stated_bars(stage: str) -> None:
    early, late = (outs[stage][SYMBOLS * (REWARM + 250) :] for outs in started_late())
    for name, values in leaves(early).items():
        other = leaves(late)[name]
        if values.dtype.kind == "f" and name not in LONG_MEMORY:
            assert (np.isnan(values) == np.isnan(other)).all(), name
            most = FADING.get(stage, 1e-9) * np.nanmax(np.abs(values), initial=1.0)
            assert np.nanmax(np.abs(values - other), initial=0.0) <= most, name


def test_a_feature_is_not_a_number_only_while_it_warms_up() -> None:
    bars, dirty, _ = without_levels()
    accepted = run(bars)["validation"]["accepted"]
    for slot in range(SYMBOLS):
        rows = dirty[bars.slots[accepted] == slot]
        assert len(rows) > 800
        for feature in FEATURE_NAMES:
            warm = np.isfinite(rows["features"][feature])
            assert warm[WARMUP[feature] - 1 :].all(), feature
            assert not warm[: WARMUP[feature] - 1].any(), feature


def test_state_is_bounded_and_a_level_shift_clears_what_it_must() -> None:
    assert STATE.itemsize <= MOST_BYTES
    states = new_states(SYMBOLS)
    run(market(), states)
    raw = states.view(np.uint8).reshape(SYMBOLS, STATE.itemsize)
    assert (raw[:, MARKET_START:MARKET_END] != 0).any(axis=1).all()
    assert STATE.itemsize == MARKET_END
