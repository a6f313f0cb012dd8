"""The stage equals its reference on real markets bar for bar, and keeps its rules at the edges."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from tests.support import lean
from tests.support.learning_drive import COSTS, DERIVED, ROW, drive, parameters
from tests.support.oracle_report import record
from tests.unit.engine.stages.learning.reference import Prediction, Reference
from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.kernel import kernel
from worker.engine.scoring.model import Status
from worker.engine.stages.learning import INPUTS, Settings, step

_step = step
EAGER = Settings(enabled=True, loss_decay=0.99)  # heard more often than by default
MARKETS = (("aapl", "daily"), ("spy", "daily"), ("aapl", "hour"))


@kernel
def _run(states: Any, insts: Any, bars: Any, rows: Any, p: Any, costs: Any) -> None:
    for i in range(bars.size):
        _step(states[0], insts[0], bars[i], rows[i], p, costs)


@cache
def market(symbol: str, resolution: str) -> NDArray[Any]:
    return lean.equity(symbol, resolution)[:9_000]


@cache
def driven(symbol: str, resolution: str) -> NDArray[Any]:
    return drive(market(symbol, resolution), p=parameters(EAGER))


def learned(symbol: str, resolution: str) -> NDArray[Any]:
    """The stage's outputs at accepted bars."""
    outs = driven(symbol, resolution)
    said: NDArray[Any] = outs["learning"][outs["validation"]["accepted"]]
    return said


def expected(bars: NDArray[Any], outs: NDArray[Any]) -> list[Prediction]:
    """The reference over the accepted bars."""
    reference, found = Reference(len(INPUTS)), []
    for bar, out in zip(bars, outs, strict=True):
        if out["validation"]["accepted"]:
            values = np.array([out["features"][name] for name in INPUTS])
            broken = bool(out["validation"]["shift"] or out["validation"]["expired"])
            found.append(reference.advance(values, float(bar["close"]), broken))
    return found


@pytest.mark.parametrize(("symbol", "resolution"), MARKETS)
def test_a_real_market_is_learned_as_the_reference_learns_it(symbol: str, resolution: str) -> None:
    bars, outs = market(symbol, resolution), driven(symbol, resolution)
    accepted = outs["validation"]["accepted"]
    said, wanted = outs["learning"][accepted], expected(bars, outs)
    assert [Status(code).name for code in said["status"]] == [each.status for each in wanted]
    for name in ("labels", "drift", "weight"):
        assert said[name].tolist() == [getattr(each, name) for each in wanted], name
    ok = said["status"] == Status.ok
    for name, values in (
        ("probability", [each.raw if each.status == "ok" else np.nan for each in wanted]),
        ("loss", [each.loss for each in wanted]),
        ("base_loss", [each.base_loss for each in wanted]),
    ):
        known = np.isfinite(values)
        assert (np.isfinite(said[name]) == known).all(), name
        error = float(np.abs(said[name][known] - np.array(values)[known]).max())
        record(f"learning.{name} reference {symbol}_{resolution}", error, 1e-9)
    assert ok.sum() > 30
    assert said["drift"].sum() >= 2


def test_it_is_silent_unless_it_has_skill() -> None:
    for symbol, resolution in MARKETS:
        said = learned(symbol, resolution)
        ok = said["status"] == Status.ok
        assert (np.isfinite(said["probability"]) == ok).all()
        assert ((said["weight"] > 0.0) == ok).all()
        assert (said["loss"][ok] < said["base_loss"][ok]).all()
        assert (said["labels"][ok] >= 200).all()


def test_after_a_drift_it_is_disabled_until_it_has_labels_again_and_counts_half() -> None:
    said = learned("aapl", "daily")
    first = int(np.flatnonzero(said["drift"])[0])
    after = said[first:]
    young = (after["labels"] < 200) & (after["status"] != Status.features_not_ready)
    assert after["labels"][0] == 1
    assert (after["status"][young] == Status.drift_disabled).all()
    heard = after["weight"][after["weight"] > 0.0]
    assert heard[0] == 0.25


def test_a_weight_recovers_by_labels_without_a_drift() -> None:
    bars = market("aapl", "daily")
    said = drive(bars, p=parameters(EAGER.model_copy(update={"recovery_labels": 100})))["learning"]
    first = int(np.flatnonzero(said["drift"])[0])
    heard = said["weight"][first:]
    assert heard[heard > 0.0][0] == 0.5


def test_an_off_stage_says_nothing_and_keeps_nothing() -> None:
    states = np.zeros(1, DERIVED)
    outs = drive(market("spy", "daily")[:500], states, p=parameters(Settings()))["learning"]
    assert (outs["status"] == Status.not_configured).all()
    assert np.isnan(outs["probability"]).all()
    assert not any(states["learning"].tobytes())


def test_a_window_with_a_level_shift_gives_no_label() -> None:
    """Of two markets that differ by the level after bar 700 alone, both learn the same but for 12 labels."""
    plain = market("spy", "daily")[:1_100].copy()
    shifted = plain.copy()
    for name in ("open", "high", "low", "close"):
        shifted[name][700:] /= 4.0  # the third bar at the new level is accepted
    outs = drive(shifted)
    at = int(np.flatnonzero(outs["validation"]["shift"])[0])
    assert at == 702
    labels = outs["learning"]["labels"]
    before = labels[699]
    assert before == drive(plain)["learning"]["labels"][699] > 100
    # No label until the features are warm again and one horizon has passed.
    ready = outs["learning"]["status"] != Status.features_not_ready
    again = at + int(np.flatnonzero(ready[at:])[0])
    assert (labels[at : again + 12] == before).all()
    assert labels[-1] > before


def test_a_bar_with_an_input_that_is_not_ready_makes_no_example() -> None:
    rng = np.random.default_rng(3)
    bars, rows = np.zeros(400, BAR), np.zeros(400, ROW)
    bars["close"] = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.05, 400)))
    for name in INPUTS:
        rows["features"][name] = rng.normal(size=400)
    rows["features"]["vol_ratio"][250:260] = np.nan
    _run(np.zeros(1, DERIVED), np.zeros(1, INSTRUMENT), bars, rows, Settings(enabled=True).params(), COSTS)
    said = rows["learning"]
    not_ready = said["status"] == Status.features_not_ready
    assert np.flatnonzero(not_ready).tolist() == list(range(250, 260))
    labels = np.diff(said["labels"])
    assert (labels[261:271] == 0).all()  # the labels of bars 250 to 259 fall due at 262 to 271
    assert labels[200:261].mean() > 0.9
    assert labels[271:].mean() > 0.9


@pytest.mark.parametrize("fields", [{"alpha": 0}, {"method": "sgd"}, {"omega": 1.5}, {"loss_decay": 1}, {"lr": 1}])
def test_settings_that_cannot_work_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**fields)


def test_by_default_it_is_hardly_heard_in_markets_that_it_cannot_predict() -> None:
    for symbol, resolution in MARKETS:
        bars = market(symbol, resolution)
        heard = {decay: drive(bars, p=parameters(Settings(enabled=True, loss_decay=decay))) for decay in (0.99, 0.998)}
        shares = {decay: (outs["learning"]["status"] == Status.ok).mean() for decay, outs in heard.items()}
        assert shares[0.998] < min(0.05, 0.5 * shares[0.99])
