"""A sweep tries what its plan says, chooses by the past alone, and discounts the best for the number of tries."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.unit.backtest.market import market
from worker.backtest.metrics.days import Days
from worker.backtest.metrics.ratios import sharpe
from worker.backtest.metrics.sessions import DAY_MS
from worker.backtest.metrics.trading import Trading
from worker.backtest.plan import Plan, read_plan
from worker.backtest.sweep import judge, sweep
from worker.backtest.sweeping.attempt import Try
from worker.backtest.tape import tapes
from worker.engine.settings import EngineSettings
from worker.errors import ConfigError
from worker.settings import Settings, load_engine_of, load_engines_of, load_settings
from worker.strategy.scaffold import write

ROOT = Path(__file__).parents[3]
GRID = {"a.x": [1, 2, 3], "b": [True, False]}


def noise(tries: int, days: int, seed: int) -> list[Try]:
    """Tries that are worth nothing."""
    random = np.random.default_rng(seed)
    growth = np.cumprod(1.0 + random.normal(0, 0.01, (tries, days)), axis=1)
    span = days * DAY_MS
    held = Days(np.arange(days), np.full(days, 100.0), 100.0, 0, span)
    return [Try(Days(np.arange(days), 100.0 * row, 100.0, 0, span), Trading(), 252.0, held) for row in growth]


def test_a_grid_holds_every_combination_and_a_draw_no_repeat() -> None:
    grid = Plan(parameters=GRID).choices()
    assert len(grid) == 6
    assert grid[1] == {"a.x": 1, "b": False}
    drawn = Plan(parameters=GRID, draw="random", tries=4, seed=3).choices()
    assert len({tuple(choice.values()) for choice in drawn}) == 4
    assert all(choice in grid for choice in drawn)
    assert drawn == Plan(parameters=GRID, draw="random", tries=4, seed=3).choices()


def test_a_choice_lies_on_top_of_the_settings() -> None:
    given = {"risk": {"budget": 5.0}, "decision": {"hold_score": 0.15}}
    for settings in (Settings(engine=given), load_settings({"engine": given})):
        found = load_engine_of(settings, {"decision.hold_score": 0.1, "signal.model_weight": 0.25}, Path("plan.toml"))
        assert found == EngineSettings.model_validate(
            {"risk": {"budget": 5.0}, "decision": {"hold_score": 0.1}, "signal": {"model_weight": 0.25}}
        )
        assert settings.engine == given
        assert load_engine_of(settings).decision.hold_score == 0.15  # each choice is for itself


def test_a_slip_in_a_plan_names_the_plan() -> None:
    with pytest.raises(ConfigError, match=r"unknown setting engine\.risk\.bugdet, from the file plan\.toml") as caught:
        load_engine_of(load_settings(), {"risk.bugdet": 1.0}, Path("plan.toml"))
    assert "Did you mean risk.budget?" in caught.value.fix
    with pytest.raises(ConfigError, match=r"engine\.risk\.budget is invalid: .*, from the file plan\.toml"):
        load_engine_of(load_settings(), {"risk.budget": "much"}, Path("plan.toml"))


def test_the_example_is_a_plan_of_settings_that_exist() -> None:
    path = ROOT / "examples/sweep.toml"
    for choice in read_plan(path).choices():
        load_engine_of(Settings(), choice, path)


def test_the_example_for_strategies_is_one_for_a_new_strategy(tmp_path: Path) -> None:
    write(tmp_path / "cross.py")
    path = ROOT / "examples/sweep-strategy.toml"
    given = Settings(engine={"strategy": {"file": str(tmp_path / "cross.py")}})
    found = load_engines_of(given, read_plan(path).choices(), path)
    assert [one.strategy.parameters["slow"] for one in found[:7]] == [50, 75, 100, 125, 150, 175, 200]
    assert len({one.config_hash() for one in found}) == len(found)


@pytest.mark.parametrize("text", ["folds = 3", "[parameters]\na = []", "[parameters]\na = [1]\n[x]", "draw"])
def test_a_plan_that_does_not_fit_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=str(path)):
        read_plan(path)


def test_the_best_of_worthless_tries_is_not_taken_for_skill() -> None:
    found = judge(noise(200, 500, 1), folds=4)
    best = max(range(200), key=lambda number: found.ratios[number].sharpe)
    assert found.ratios[best].psr > 0.95
    assert found.deflated[best] < 0.9
    assert len(found.walk.steps) == 4


def test_each_try_is_played_with_its_settings() -> None:
    two = [EngineSettings(), EngineSettings.model_validate({"execution": {"fee_bps": 50.0}})]
    found = sweep([tape for tape in tapes(market()) if tape.name == "SIM0003"], two, 2, 1, lambda _: None)
    assert found.trading[1].fees > found.trading[0].fees > 0
    assert found.last_ms > found.first_ms > 0
    assert math.isnan(sharpe(np.zeros(4)))
