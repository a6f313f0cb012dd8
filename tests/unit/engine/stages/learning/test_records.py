"""What learning, calibration, anomaly and forecast keep true as the engine's other stages do."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import lean
from tests.support.engine_drive import first_difference, leaves
from tests.support.learning_drive import DERIVED, drive, parameters
from worker.engine.scoring.model import Status
from worker.engine.stages import anomaly, calibration, forecast, learning

STAGES = ("learning", "calibration", "anomaly", "forecast")
SYMBOLS, LENGTH = ("aapl", "spy", "ibm"), 1_900
Array = NDArray[Any]
PARAMETERS = {
    "default": parameters(),
    "other": parameters(
        learning.Settings(enabled=True, method="passive_aggressive"),
        expect=forecast.Settings(enabled=True, method="ar2"),
    ),
}


@cache
def market() -> tuple[Array, NDArray[np.int64]]:
    """Bars of three symbols in turn, level shifts and a bar that is no number among them; the symbol of each."""
    bars = np.stack([lean.equity(name, "daily")[:LENGTH] for name in SYMBOLS], axis=1).reshape(-1)
    bars["close"][3_333] = np.nan
    return bars, np.tile(np.arange(len(SYMBOLS)), LENGTH)


@cache
def whole(which: str) -> tuple[Array, Array]:
    """Outputs and states after the last bar."""
    states = np.zeros(len(SYMBOLS), DERIVED)
    bars, symbols = market()
    return drive(bars, states, symbols, PARAMETERS[which]), states


def cuts(count: int) -> list[int]:
    found = np.random.default_rng(1).choice(np.arange(1, len(market()[0])), count, replace=False)
    return [*np.sort(found).tolist(), len(market()[0])]


@pytest.mark.parametrize("which", PARAMETERS)
def test_neither_batches_nor_snapshots_show_in_outputs_or_states(which: str) -> None:
    bars, symbols = market()
    states, parts, begin = np.zeros(len(SYMBOLS), DERIVED), [], 0
    for cut in cuts(40):
        parts.append(drive(bars[begin:cut], states, symbols[begin:cut], PARAMETERS[which]))
        states, begin = np.frombuffer(bytearray(states.tobytes()), DERIVED), cut
    outs, last = whole(which)
    for stage in STAGES:
        assert first_difference(np.concatenate(parts)[stage], outs[stage]) is None
    assert states.tobytes() == last.tobytes()


@pytest.mark.parametrize("which", PARAMETERS)
def test_a_symbol_depends_on_no_other(which: str) -> None:
    bars, symbols = market()
    outs, last = whole(which)
    for symbol in range(len(SYMBOLS)):
        alone = np.zeros(1, DERIVED)
        said = drive(bars[symbols == symbol], alone, p=PARAMETERS[which])
        for stage in STAGES:
            assert first_difference(said[stage], outs[symbols == symbol][stage]) is None
        assert alone.tobytes() == last[symbol : symbol + 1].tobytes()


@pytest.mark.parametrize("which", PARAMETERS)
def test_nothing_depends_on_later_bars(which: str) -> None:
    bars, symbols = market()
    for cut in cuts(4)[:-1]:
        states = np.zeros(len(SYMBOLS), DERIVED)
        said = drive(bars[:cut], states, symbols[:cut], PARAMETERS[which])
        for stage in STAGES:
            assert first_difference(said[stage], whole(which)[0][:cut][stage]) is None


@pytest.mark.parametrize("which", PARAMETERS)
def test_every_stage_speaks_and_says_nothing_infinite(which: str) -> None:
    outs, _ = whole(which)
    assert outs["validation"]["shift"].any()
    for stage in STAGES:
        for name, values in leaves(outs[stage]).items():
            assert not np.isinf(values.astype(float)).any(), name
    assert np.isfinite(outs["learning"]["probability"][outs["learning"]["status"] == Status.ok]).all()
    assert outs["calibration"]["calibrated"].any()
    assert outs["anomaly"]["anomaly"].any()


def test_what_is_learned_survives_a_level_shift_and_the_rest_begins_anew() -> None:
    outs, symbols = whole("default")[0], market()[1]
    for symbol in range(len(SYMBOLS)):
        said = outs[(symbols == symbol) & outs["validation"]["accepted"]]
        for at in np.flatnonzero(said["validation"]["shift"]):
            for stage in ("learning", "calibration"):
                assert said[stage]["labels"][at] == said[stage]["labels"][at - 1] > 200
            assert np.isnan(said["anomaly"]["distance"][at : at + 100]).all()
            assert np.isnan(said["forecast"]["forecast_h"][at : at + 100]).all()


def test_the_records_are_small() -> None:
    sizes = {stage: DERIVED[stage].itemsize for stage in STAGES}
    assert sum(sizes.values()) <= 5 * 1024
    assert calibration.STATE.itemsize <= 3 * calibration.CAPACITY
    assert anomaly.STATE.itemsize <= 768
