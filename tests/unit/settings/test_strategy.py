"""A strategy in the settings is found, checked and completed while they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.strategies import STRATEGIES
from worker.errors import ConfigError, Exit
from worker.settings import find_engine, find_settings, load_engine_of, load_settings


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in with a strategy, and settings that name it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(STRATEGIES["breakout"])
    file = tmp_path / "alphapulse.toml"
    file.write_text('[engine.strategy]\nfile = "own.py"\n[engine.strategy.parameters]\nenter = 55\n')
    return file


def test_it_is_completed(given: Path) -> None:
    found = load_engine_of(load_settings()).strategy
    assert (found.name, found.version, found.parameters["enter"], found.parameters["leave"]) == ("breakout", 3, 55, 10)
    assert len(found.digest) == 64


def test_the_environment_sets_parameters(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_ENGINE__STRATEGY__PARAMETERS__leave", "7")
    assert load_engine_of(load_settings()).strategy.parameters["leave"] == 7


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("enter = 55", "enter = 1", "engine.strategy.parameters.enter"),
        (
            "enter = 55",
            "entry = 55",
            "engine.strategy.parameters.entry is invalid: own.py has no such parameter (known: enter, leave,",
        ),
        ("own.py", "gone.py", "gone.py can't be read"),
        ("[engine.strategy.parameters]", 'digest = "00"\n[engine.strategy.parameters]', "is not the source"),
    ],
)
def test_a_fault_is_told_with_its_source(old: str, new: str, sentence: str, given: Path) -> None:
    given.write_text(given.read_text().replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load_engine_of(load_settings())
    assert sentence in str(caught.value)
    assert caught.value.exit_code == Exit.CONFIG
    engine, problems = find_engine(find_settings())
    assert [problem.message for problem in problems if sentence in problem.message]
    assert engine.strategy.configured == (".parameters." in sentence)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("enter", "strategy.parameters.enter"),
        ("Enter", "strategy.parameters.enter"),
        ("entre", "strategy.parameters.enter"),
        ("parameters.enter", "strategy.parameters.enter"),
        ("strategy.enter", "strategy.parameters.enter"),
        ("strategy.parameter.enter", "strategy.parameters.enter"),
        ("engine.strategy.parameters.enter", "strategy.parameters.enter"),
        ("strategy.parameters.entre", "enter"),
        ("strategy.fiel", "strategy.file"),
        ("engine.risk.budget", "risk.budget"),
        ("bugdet", "risk.budget"),
    ],
)
def test_a_slip_in_a_plan_is_answered_as_a_plan_spells_it(written: str, meant: str, given: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_engine_of(load_settings(), {written: 20}, Path("plan.toml"))
    assert f"Did you mean {meant}?" in caught.value.fix


@pytest.mark.parametrize("old", ['file = "own.py"', "[engine.strategy.parameters]"])
def test_a_slip_is_answered_where_the_strategy_is_gone_or_its_section_is_missing(old: str, given: Path) -> None:
    given.write_text(given.read_text().replace(old, 'file = "gone.py"' if "file" in old else ""))
    with pytest.raises(ConfigError) as caught:
        load_engine_of(load_settings(), {} if old.startswith("[") else {"enter": 20}, Path("plan.toml"))
    told = "Did you mean engine.strategy.parameters.enter?" if old.startswith("[") else "unknown setting engine.enter"
    assert told in str(caught.value) + str(caught.value.fix)
