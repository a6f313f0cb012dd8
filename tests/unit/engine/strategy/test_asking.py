"""A strategy behind the engine: independent of batches, blind to the future, harmless where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.engine_drive import first_difference
from tests.support.hand_strategy import OWN, Hand
from worker.engine.asking.ask import OPEN_BARS, OPENS_AFTER
from worker.engine.asking.intent import CIRCUIT_OPEN, INVALID, OK, RAISED, WARMING_UP
from worker.engine.bar import BAR
from worker.engine.partition import PartitionEngine
from worker.engine.pipeline import decide
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.stages.ingestion import Decoded
from worker.errors import ConfigError

SYMBOLS, BARS = 5, 400
HOUR_MS = 3_600_000
FREE = {
    "ingestion": {"interval": "1h"},
    "execution": {"cool_down_bars": 0, "stop_cool_down_bars": 0},
    "strategy": {"name": "hand"},
}


def market(symbols: int = SYMBOLS, bars: int = BARS, seed: int = 1, faults: float = 0.02) -> NDArray[Any]:
    """Hourly bars of random walks, symbols by turns; some are no bars at all."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((bars, symbols), BAR)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.006, (bars, symbols)), 0))
    open_ = np.vstack([np.full((1, symbols), 100.0), close[:-1]])
    rows["open"], rows["close"] = np.round(open_, 4), np.round(close, 4)
    rows["high"] = np.maximum(rows["open"], rows["close"]) + 0.05
    rows["low"] = np.minimum(rows["open"], rows["close"]) - 0.05
    rows["ts"] = 1_600_000_000_000 // HOUR_MS * HOUR_MS + HOUR_MS * np.arange(bars)[:, None]
    rows["interval_ms"], rows["ingest_ts"] = HOUR_MS, rows["ts"] + HOUR_MS
    rows["volume"] = rng.uniform(1e5, 1e6, (bars, symbols))
    rows["high"][rng.random((bars, symbols)) < faults] = 1.0  # below the low: rejected
    return rows.reshape(-1)


class Played(NamedTuple):
    outs: NDArray[Any]
    engine: PartitionEngine

    @property
    def status(self) -> NDArray[Any]:
        """Status of each row's answer."""
        status: NDArray[Any] = self.outs["said"]["intent"]["status"]
        return status

    def by_symbol(self, symbol: int) -> list[int]:
        """Status at each accepted bar of a symbol."""
        return [code for code in self.status[symbol::SYMBOLS].tolist() if code]


def play(
    bars: NDArray[Any], hand: Hand | None = None, cuts: Sequence[int] = (), symbols: int = SYMBOLS, **given: Any
) -> Played:
    """All rows through an engine, in batches that end at `cuts`."""
    settings = engine_settings({**FREE, **given}) if hand else EngineSettings()
    engine = PartitionEngine(settings, strategy=hand)
    keys = [f"S{i % symbols}".encode() for i in range(len(bars))]
    outs = []
    for start, stop in zip([0, *cuts], [*cuts, len(bars)], strict=True):
        part = bars[start:stop].copy()
        outs.append(engine.step(keys[start:stop], Decoded(part, {}, np.ones(len(part), np.bool_), {})))
    return Played(np.concatenate(outs), engine)


def own(played: Played) -> NDArray[Any]:
    beside = played.engine.symbols.frames.beside
    assert beside is not None
    slots = [played.engine.symbols.add(f"S{i}".encode()) for i in range(SYMBOLS)]
    return beside.own.view(np.uint8)[slots, : OWN.itemsize].copy().view(OWN)[:, 0]


@pytest.fixture(scope="module")
def whole() -> Played:
    return play(market(), Hand())


def test_it_decides(whole: Played) -> None:
    accepted = whole.outs["validation"]["accepted"]
    status = whole.status
    assert set(status[accepted].tolist()) == {WARMING_UP, OK}
    assert set(status[~accepted].tolist()) == {0}
    assert 0 < (~accepted).sum() < 100
    trades = whole.outs["execution"]["trade"]["closed"]
    assert trades.sum() > 50
    assert {4, 30} <= set(whole.outs["execution"]["trade"]["reason"][trades].tolist())


def test_it_sees_each_accepted_bar_once(whole: Played) -> None:
    accepted = whole.outs["validation"]["accepted"].reshape(BARS, SYMBOLS).sum(0)
    assert (own(whole)["steps"] == accepted - 20).all()


@pytest.mark.parametrize("cuts", ["one", "seven", "random"])
def test_batches_do_not_matter(whole: Played, cuts: str) -> None:
    rows = len(whole.outs)
    ends = {
        "one": range(1, rows),
        "seven": range(7, rows, 7),
        "random": np.sort(np.random.default_rng(2).choice(np.arange(1, rows), 40, replace=False)).tolist(),
    }[cuts]
    again = play(market(), Hand(), list(ends))
    assert first_difference(again.outs, whole.outs) is None
    assert own(again).tobytes() == own(whole).tobytes()


def test_the_future_does_not_matter(whole: Played) -> None:
    bars = market()
    cut = len(bars) // 2
    changed = bars.copy()
    changed["close"][cut:] = changed["open"][cut:] = changed["high"][cut:] = changed["low"][cut:] = 100.0
    again = play(changed, Hand())
    assert first_difference(again.outs[:cut], whole.outs[:cut]) is None
    assert first_difference(again.outs[cut:], whole.outs[cut:]) is not None


def test_a_bar_at_which_it_raises_leaves_no_trace() -> None:
    failing = play(market(), Hand(raise_every=3))
    status = failing.status
    assert (status == RAISED).sum() == SYMBOLS * OPENS_AFTER
    raised = failing.outs[status == RAISED]
    assert set(np.unique(raised["decision"]["action"]).tolist()) == {0}
    assert (raised["decision"]["reasons"] >> 31 & 1).all()
    # The count of steps is its own state: it is put back, so the next step raises too, until the circuit opens.
    for symbol in range(SYMBOLS):
        told = failing.by_symbol(symbol)
        first = told.index(RAISED)
        assert told[first - 1] == OK
        assert told[first : first + OPENS_AFTER + 2] == [RAISED] * OPENS_AFTER + [CIRCUIT_OPEN] * 2
    assert set(own(failing)["steps"].tolist()) == {2}


def test_a_stop_holds_while_the_circuit_is_open() -> None:
    bars = market(symbols=1, bars=200, seed=4, faults=0)
    played = play(bars, Hand(raise_every=2), symbols=1)
    held = played.outs["decision"]["position"]["state"] != 0
    status = played.status
    first = int(np.flatnonzero(status == CIRCUIT_OPEN)[0])
    assert held[first]
    stop = played.outs["decision"]["position"]["stop"][first]
    end = first + int(np.flatnonzero(~held[first:])[0])
    assert played.outs["execution"]["trade"]["reason"][end] == 4
    assert (played.outs["decision"]["position"]["stop"][first:end] == stop).all()
    assert (status[first:] == CIRCUIT_OPEN).all()


def test_the_circuit_closes_again() -> None:
    bars = market(symbols=1, bars=20 + 1 + OPENS_AFTER + OPEN_BARS + 20, seed=4, faults=0)
    told = play(bars, Hand(raise_every=2), symbols=1).status.tolist()
    first = told.index(CIRCUIT_OPEN)
    assert told[first : first + OPEN_BARS + 1] == [CIRCUIT_OPEN] * OPEN_BARS + [RAISED]


def test_an_invalid_answer_keeps_position_and_stop() -> None:
    played = play(market(), Hand(invalid_every=4))
    invalid = played.status == INVALID
    assert invalid.sum() > 100
    assert (played.outs["decision"]["action"][invalid] == 0).all()
    assert not (played.status == CIRCUIT_OPEN).any()


def test_the_rules_decide_where_it_fails_and_they_are_to() -> None:
    bars = market(bars=800)
    failing = play(bars, Hand(invalid_every=1), strategy={"name": "hand", "on_failure": "rules"})
    invalid = failing.status == INVALID
    assert invalid.sum() > 1_000
    assert (failing.outs["decision"]["reasons"][invalid] >> 31 & 1).all()
    assert {1, 3} & set(failing.outs["decision"]["action"][invalid].tolist())


def test_one_machine_code_serves_rules_and_strategies(whole: Played) -> None:
    PartitionEngine(EngineSettings()).warm_up()
    assert len(decide.signatures) == 1  # type: ignore[attr-defined]


def test_it_is_configured_and_loaded_or_neither() -> None:
    with pytest.raises(ConfigError):
        PartitionEngine(engine_settings(FREE))
    with pytest.raises(ConfigError):
        PartitionEngine(EngineSettings(), strategy=Hand())


def test_an_engine_that_begins_anew_knows_nothing() -> None:
    bars = market(symbols=1, bars=60, faults=0)
    engine = PartitionEngine(engine_settings(FREE), strategy=Hand())
    told = []
    for _ in range(2):
        told.append(engine.step_key(b"S0", bars.copy()).copy())
        engine.begin_anew()
    assert first_difference(*told) is None


def test_a_symbol_that_is_released_leaves_nothing_behind() -> None:
    bars = market(symbols=1, bars=60, faults=0)
    bad = bars[:1].copy()
    bad["high"] = 1.0
    engine = PartitionEngine(engine_settings(FREE), strategy=Hand())
    for key in (b"NONE", b"NEXT"):
        part = bad.copy() if key == b"NONE" else bars.copy()
        outs = engine.step([key] * len(part), Decoded(part, {}, np.ones(len(part), np.bool_), {}))
    assert first_difference(outs, play(bars, Hand(), symbols=1).outs) is None
