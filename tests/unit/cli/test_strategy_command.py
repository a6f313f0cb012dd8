"""`strategy` writes one to begin with, which passes as it stands, and shows what a file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.strategies import STRATEGIES
from tests.support.strategy_drive import ask
from tests.unit.strategy.running.test_both_modes import bars
from worker.cli import strategy
from worker.engine.asking.intent import LONG, Status
from worker.errors import CannotCreate, ConfigError
from worker.strategy.loading import find, load


def run(*given: str) -> Any:
    """`alphapulse strategy`."""
    return CliRunner().invoke(strategy.app, [*given])


@pytest.mark.parametrize(("name", "kind"), [("golden_cross", "GoldenCross"), ("7", "Own"), ("my-2nd.try", "My2ndTry")])
def test_a_new_one_runs_as_it_stands(name: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.py"
    result = run("new", str(file))
    assert result.exit_code == 0, result.output
    assert f"--strategy {file}" in result.output
    source = find(file)
    assert source.strategy.__name__ == kind
    one, other = (ask(load(source, {}, mode), bars(1_500)) for mode in ("compiled", "python"))
    assert one.intents.tobytes() == other.intents.tobytes()
    assert set(one.statuses) == {Status.warming_up, Status.ok}
    assert (one.intents["side"] == LONG).sum() > 3


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text("mine")
    assert isinstance(run("new", str(file)).exception, CannotCreate)
    assert file.read_text() == "mine"
    assert isinstance(run("new", str(tmp_path / "none" / "own.py")).exception, CannotCreate)


def test_what_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(STRATEGIES["breakout"])
    found = json.loads(run("show", str(file), "--set", "enter=55", "--json").output)
    assert (found["name"], found["version"], found["digest"]) == ("breakout", 3, find(file).digest)
    assert found["parameters"][0] == {
        "name": "enter", "value": 55, "default": 20, "range": "≥ 2, ≤ 500", "meaning": None,
    }  # fmt: skip
    rows = {row["name"]: row for row in found["indicators"]}
    assert rows["channel_upper"] | {"name": ""} == {
        "name": "", "timeframe": None, "warm_up": 55, "settled": 55, "optional": False
    }  # fmt: skip
    assert (rows["slow"]["timeframe"], rows["slow"]["warm_up"]) == ("4h", 50)
    assert found["state"] == [{"name": "losses", "kind": "int64"}, {"name": "paused_until", "kind": "int64"}]
    text = run("show", str(file)).output
    for part in (
        "breakout, version 3, sha256 ",
        "channel_middle",
        "paused_until",
        "16 of state a symbol",
        "tags: breakout, channel_exit",
    ):
        assert part in text


def test_a_faulty_one_is_told(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text("import random\n")
    found = run("show", str(file)).exception
    assert isinstance(found, ConfigError)
    assert "line 1: import of random" in str(found)
