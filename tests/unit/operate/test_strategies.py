"""Which switches of a strategy are refused before they are published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.control import StrategySwitch
from tests.support.switching import FIRST, SECOND, files, switch
from worker.engine.settings import EngineSettings, engine_settings
from worker.errors import ConfigError
from worker.operate.strategies import check_state, in_force, shelf_of, switch_to
from worker.strategy.loading import filled


def engine(folder: Path, **given: Any) -> EngineSettings:
    first, second = files(folder)
    return filled(engine_settings({"strategy": {"file": str(first), "candidates": [str(second)]} | given}))


def asked(
    settings: EngineSettings, given: dict[str, Any], file: Path | None = None, before: StrategySwitch | None = None
) -> StrategySwitch:
    return switch_to(shelf_of(settings), settings, before, file, given, wait=False)


def test_what_is_not_given_stays(tmp_path: Path) -> None:
    settings = engine(tmp_path, parameters={"enter": 25})
    first = asked(settings, {"risk": "0.002"})
    assert (first.name, first.version, first.parameters) == ("channel", 1, {"enter": 25, "risk": 0.002, "slow": "15m"})
    second = asked(settings, {"distance": "2"}, tmp_path / "second.py", first)
    assert (second.version, second.parameters) == (2, {"enter": 25, "risk": 0.002, "distance": 2.0})
    assert asked(settings, {"enter": "30"}, before=second).parameters == second.parameters | {"enter": 30}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"entre": "3"}, "parameters.entre"),
        ({"enter": "1"}, "greater than or equal to 2"),
        ({"enter": "x"}, "valid integer"),
        ({"enter": "129"}, r"channel_upper \(129 bars\)"),
        ({"slow": "30m"}, r"trend \(of a longer timeframe\)"),
    ],
)
def test_parameters_that_workers_would_refuse_or_wait_for(tmp_path: Path, given: dict[str, str], told: str) -> None:
    settings = engine(tmp_path)
    with pytest.raises(ConfigError, match=told):
        asked(settings, given)
    assert asked(settings, {"enter": "128"}).parameters["enter"] == 128


def test_it_may_wait_for_its_indicators(tmp_path: Path) -> None:
    settings = engine(tmp_path)
    found = switch_to(shelf_of(settings), settings, None, None, {"enter": 400, "slow": "1h"}, wait=True)
    assert found.parameters == {"enter": 400, "risk": 0.01, "slow": "1h"}


def test_a_file_that_the_configuration_does_not_name(tmp_path: Path) -> None:
    settings, other = engine(tmp_path), tmp_path / "other.py"
    other.write_text(FIRST + "# edited\n")
    with pytest.raises(ConfigError, match="no file that the configuration names"):
        asked(settings, {}, other)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SECOND.replace("class Channel", "class Other"), "is the strategy other, not channel"),
        (SECOND.replace("def migrate", "def other"), "the strategy's stored state has steps"),
        (SECOND.replace('old["steps"]', 'old["stops"]'), "can't migrate a state: line .*KeyError"),
        (SECOND.replace("own.calls += 1", "own.call += 1"), "can't be compiled"),
    ],
)
def test_a_version_that_workers_could_not_follow(tmp_path: Path, text: str, told: str) -> None:
    files(tmp_path)
    (tmp_path / "third.py").write_text(text)
    settings = engine(tmp_path, candidates=[str(tmp_path / "third.py")])
    with pytest.raises(ConfigError, match=told):
        asked(settings, {}, tmp_path / "third.py")


def test_no_strategy_is_none_to_switch() -> None:
    with pytest.raises(ConfigError, match="no strategy is configured"):
        shelf_of(EngineSettings())


def test_a_record_that_workers_have_stopped_at_can_be_replaced(tmp_path: Path) -> None:
    settings = engine(tmp_path)
    unknown = StrategySwitch("channel", 1, "0" * 64, {"enter": 30})
    assert asked(settings, {"risk": "0.002"}, before=unknown).parameters["enter"] == 20
    found = shelf_of(settings)
    known = switch(tmp_path / "second.py")
    assert (in_force(found, unknown).version, in_force(found, known).version) == (1, 2)
    check_state(found, settings, (in_force(found, known),), found.configured)
