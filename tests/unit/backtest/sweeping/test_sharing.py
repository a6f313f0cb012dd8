"""Sets of parameters that play side by side give the bytes of each by itself."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.strategies import HEAD, PACKED, STRATEGIES, with_step
from tests.unit.backtest.market import market
from worker.backtest.run import backtest
from worker.backtest.sweep import sweep
from worker.backtest.sweeping import sharing
from worker.backtest.sweeping.attempt import Try, try_out
from worker.backtest.sweeping.cohorts import Cohort, cohorts
from worker.backtest.tape import Raw, Tape, tapes
from worker.configured_strategy import Filler
from worker.engine.settings import EngineSettings, engine_settings
from worker.models.registry import Registry
from worker.sources.simulation.simulator import Simulation, simulated_records

# A stop in every other set that ends with the bar that turned: two trades in one bar.
TURNS = """
class Turns(Strategy):
    class Parameters(Parameters):
        every: int = Field(2, ge=1)
        stop: float = 0.001

    class State:
        bars: int

    def step(c):
        c.state.bars += 1
        if c.state.bars % c.p.every == 0:
            c.order.side, c.order.share = LONG if c.position.side < 1 else SHORT, 0.2
            c.order.stop = c.bar.close * (1.0 - c.order.side * c.p.stop)
"""
# Its indicators have other names for other parameters, and one of them may come late.
NAMES = """
class Names(Strategy):
    class Parameters(Parameters):
        kind: Literal["ema", "sma"] = "ema"
        length: int = 5
        long: int = 60

    def indicators(p):
        own = {"mean": ta.ema(p.length)} if p.kind == "ema" else {"mean": ta.sma(p.length), "wide": ta.stddev(20)}
        return own | {"late": ta.optional(ta.sma(p.long, timeframe="1h"))}

    def step(c):
        c.order.side = LONG if c.bar.close > c.ind.mean and c.ind.late == c.ind.late else FLAT
"""
MODELS = Path(__file__).parents[4] / "examples" / "models"
FAILS = "if c.bar.close > c.p.above: raise ValueError()"


@cache
def played() -> tuple[Tape, ...]:
    """Tapes of seven minute and three hourly symbols, with every kind of fault."""
    simulated = simulated_records(Simulation(symbols=3, bars=500, seed=8, interval="1h", fault_rate=0.01))
    hours: list[Raw] = [
        (key and key.replace(b"SIM", b"HOUR"), value and value.replace(b"SIM", b"HOUR"), ts)
        for key, value, ts in simulated
    ]
    return tuple(tapes([*market()[:2_600], *hours]))


def failing() -> str:
    text = with_step(FAILS, "c.state.n += 1", "c.order.side = LONG if c.state.n % 5 < 3 else FLAT", state="n: int")
    return with_parameter(text, "above: float = 0.0")


def with_parameter(text: str, declared: str) -> str:
    parameters = f"    class Parameters(Parameters):\n        {declared}\n\n    class State"
    return text.replace("    class State", parameters)


def settings(file: Path, text: str, sets: Sequence[dict[str, Any]], **given: Any) -> list[EngineSettings]:
    """Settings for each set of parameters; `given` holds settings of the engine, also those of the strategy."""
    file.write_text(text, encoding="utf-8")
    fill, own = Filler(), given.pop("strategy", {})
    return [fill(engine_settings(given | {"strategy": {"file": str(file), "parameters": each} | own})) for each in sets]


def same(one: Try, other: Try) -> bool:
    """Equal to the bit, NaN too."""
    days = [(each.days.day.tobytes(), each.days.equity.tobytes(), each.days[2:]) for each in (one, other)]
    return days[0] == days[1] and repr(one[1:]) == repr(other[1:])


def shared(given: Sequence[Tape], cohort: Cohort, workers: int = 2) -> dict[int, Try]:
    return dict(sharing.tries(given, cohort, workers, None, lambda _: None))


def check(given: Sequence[EngineSettings], groups: int = 1, workers: int = 2) -> None:
    """Each try of the groups is that of its settings alone, and not all are alike."""
    found = cohorts(given)
    assert len(found) == groups
    for cohort in found:
        tries = shared(played(), cohort, workers)
        for number, one in tries.items():
            assert same(one, try_out(played(), given[number])), given[number].strategy.parameters
        assert any(one.trading.trades for one in tries.values())
        assert len({repr(one) for one in tries.values()}) > 1


def drawn(seed: int, count: int, **values: Sequence[Any]) -> list[dict[str, Any]]:
    every = [dict(zip(values, each, strict=True)) for each in product(*values.values())]
    return random.Random(seed).sample(every, count)


BREAKOUTS = drawn(
    3, 7, enter=range(5, 40), leave=range(3, 20), risk=[0.001, 0.01, 0.05], slow=["2m", "5m", "10m"], pause=[0, 5]
)


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_state_sizes_by_risk_and_longer_timeframes(tmp_path: Path, workers: int) -> None:
    check(settings(tmp_path / "own.py", STRATEGIES["breakout"], BREAKOUTS[:4]), workers=workers)


def test_every_kind_of_state_and_order(tmp_path: Path) -> None:
    sets = drawn(1, 4, weight=[0.1, 0.2, 0.3, 0.9], long_only=[True, False])
    check(settings(tmp_path / "own.py", STRATEGIES["everything"], sets, execution={"cool_down_bars": 0}))


def test_two_trades_in_one_bar(tmp_path: Path) -> None:
    sets = drawn(1, 4, every=[1, 2, 3, 7], stop=[0.0001, 0.001, 0.01])
    limits = {"risk": {"dd_hard": 1.0, "dd_soft": 0.98}, "execution": {"cool_down_bars": 0, "stop_cool_down_bars": 0}}
    check(settings(tmp_path / "own.py", HEAD + TURNS, sets, **limits))


@pytest.mark.parametrize("on_failure", ["hold", "close", "rules"])
def test_a_step_that_fails(tmp_path: Path, on_failure: str) -> None:
    sets = [{"above": above} for above in (0.0, 100.0, 1e9)]
    rules = {"on_failure": on_failure, "rules": ["trailing_stop", "vol_gate"]}
    check(settings(tmp_path / "own.py", failing(), sets, strategy=rules))


@pytest.mark.parametrize("mode", ["compiled", "python"])
def test_rolling_code_of_its_own(tmp_path: Path, mode: str) -> None:
    sets = [{"skip": skip} for skip in (0, 30)]
    check(settings(tmp_path / "own.py", STRATEGIES["rolling"], sets, strategy={"mode": mode}))


def test_python(tmp_path: Path) -> None:
    given = settings(tmp_path / "own.py", STRATEGIES["breakout"], BREAKOUTS[:2], strategy={"mode": "python"})
    check(given)


def test_a_packed_state(tmp_path: Path) -> None:
    text = with_parameter(HEAD + PACKED, "n: int = 2").replace("% 2 else", "% c.p.n else")
    check(settings(tmp_path / "own.py", text, [{"n": 2}, {"n": 3}], strategy={"mode": "python"}))


def test_indicators_of_other_names_share_among_themselves(tmp_path: Path) -> None:
    sets = drawn(5, 8, kind=["ema", "sma"], length=[3, 9, 20], long=[5, 6, 90])
    check(settings(tmp_path / "own.py", "from typing import Literal\n" + HEAD + NAMES, sets), groups=2)


def test_settings_of_the_engine_part_the_sets(tmp_path: Path) -> None:
    costs = [
        settings(tmp_path / "own.py", STRATEGIES["breakout"], BREAKOUTS[:2], execution={"fee_bps": fee})
        for fee in (0.0, 20.0)
    ]
    alone = settings(tmp_path / "own.py", STRATEGIES["breakout"], BREAKOUTS[:1], risk={"budget": 5_000.0})
    given = [costs[0][0], EngineSettings(), costs[1][0], costs[1][1], alone[0], costs[0][1]]
    assert [cohort.numbers for cohort in cohorts(given)] == [[0, 5], [2, 3]]
    done = list[int]()
    found = sweep(played(), given, 2, 1, done.append)
    for number, one in enumerate(given):
        wanted = try_out(played(), one)
        assert repr(found.trading[number]) == repr(wanted.trading)
    assert done == sorted(done)
    assert done[-1] == len(given)


def test_a_model_is_asked_once_for_all_sets(tmp_path: Path) -> None:
    says = "c.order.side = LONG if c.model.prob > 0.0 and int(c.model.prob * 1e4) % c.p.every == 0 else FLAT"
    asks = with_parameter(with_step(says, "c.order.share = 0.1"), "every: int = 2")
    digest = Registry(MODELS).load("index-daily", "1.0.0").digest
    model = {"name": "index-daily", "version": "1.0.0", "digest": digest}
    sets = [{"every": every} for every in (2, 3, 5, 7)]
    [cohort] = cohorts(settings(tmp_path / "own.py", asks, sets, model=model))
    tries = dict(sharing.tries(played(), cohort, 2, MODELS, lambda _: None))
    alone = settings(tmp_path / "own.py", asks, sets, model=model)
    assert all(same(one, try_out(played(), alone[number], MODELS)) for number, one in tries.items())
    assert len({one.trading.trades for one in tries.values()}) > 2


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings(tmp_path / "own.py", STRATEGIES["breakout"], BREAKOUTS)
    [cohort] = cohorts(given)
    whole = shared(played(), cohort)
    assert sharing.most(played(), cohort) > len(BREAKOUTS)
    monkeypatch.setattr(sharing, "BYTES", 1 << 19)
    assert sharing.most(played(), cohort) < len(BREAKOUTS)
    parts = shared(played(), cohort)
    assert all(same(one, parts[number]) for number, one in whole.items())
    monkeypatch.setattr(sharing, "COLUMNS", 20)
    assert sharing.most(played(), cohort) == 2


def test_nothing_accepted(tmp_path: Path) -> None:
    given = settings(tmp_path / "own.py", STRATEGIES["breakout"], BREAKOUTS[:2])
    [cohort] = cohorts(given)
    empty = tapes([(b"SIM0001", b"{", 1), (None, b"", 2)])
    for found in (shared(empty, cohort), shared([], cohort)):
        assert [one.trading.trades for one in found.values()] == [0, 0]
        assert all(same(one, try_out(empty, given[0])) for one in found.values())


def test_a_row_is_the_summary_of_a_backtest(tmp_path: Path) -> None:
    given = settings(tmp_path / "own.py", STRATEGIES["breakout"], BREAKOUTS[:3])
    found = sweep(played(), given, 2, 2, lambda _: None)
    for number, one in enumerate(given):
        _, metrics = backtest(played(), one, tmp_path / "out", 1, lambda _: None)
        row = {**found.ratios[number]._asdict(), **found.trading[number]._asdict()}
        wanted = metrics["portfolio"]["strategy"]
        shown = {name: wanted[name] for name in row}
        assert msgspec.json.encode(row) == msgspec.json.encode(shown)
