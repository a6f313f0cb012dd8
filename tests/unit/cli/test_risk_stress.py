"""`risk stress` reads the state that a backtest left, and tells losses and limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.unit.backtest.portfolio.portfolios import CALM, crashing
from tests.unit.cli.commands import program
from worker.backtest.portfolio.run import Manner, portfolio_backtest
from worker.engine.settings import EngineSettings
from worker.errors import DataError, Exit
from worker.sources.recording import write_recording

SETTINGS = """
[risk]
returns = "5m"
[engine.instruments]
S02 = { group = "even" }
S04 = { group = "even" }
S07 = { group = "odd" }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portfolio that rises, while its positions are open."""
    found = tmp_path_factory.mktemp("run")
    portfolio_backtest(crashing(after=0), EngineSettings(), Manner(CALM), found, 1, lambda _: None)
    return found


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alphapulse.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)


def told(*given: str) -> dict[str, Any]:
    done = CliRunner().invoke(program(), ["risk", "stress", *given, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_losses_by_symbol_and_group(folder: Path) -> None:
    found = told("--from", str(folder), "--shock", "all=-5%", "--shock", "even=-10%", "--shock", "S07=20%")
    notional = {one["symbol"]: one["notional"] for one in found["positions"]}
    last = json.loads((folder / "portfolio.jsonl").read_bytes().splitlines()[-1])
    assert {line[0] for line in last["lines"]} == set(notional)
    assert {"S02", "S07"} <= set(notional)
    now, *past, given = found["scenarios"]
    assert [one["name"] for one in past] == ["worst 1 row", "worst 5 rows", "worst 20 rows"]
    assert now["leverage"] == pytest.approx(last["ordered"]["gross"], abs=1e-6)
    move = {"S02": -0.10, "S04": -0.10, "S07": 0.20}
    losses = {symbol: -value * move.get(symbol, -0.05) for symbol, value in notional.items()}
    assert given["name"] == "all -5%, even -10%, S07 +20%"
    assert given["symbols"] == pytest.approx(losses)
    assert given["loss"] == pytest.approx(sum(losses.values()))
    assert given["groups"]["odd"] == pytest.approx(losses["S07"])
    assert given["equity"] == pytest.approx(found["equity"] - given["loss"])
    gross = sum(abs(value * (1.0 + move.get(symbol, -0.05))) for symbol, value in notional.items())
    assert given["leverage"] == pytest.approx(gross / given["equity"])
    assert past[0]["loss"] <= past[1]["loss"]


def test_the_table_names_what_would_trip(folder: Path) -> None:
    done = CliRunner().invoke(program(), ["risk", "stress", "--from", str(folder), "--shock", "all=-60%"])
    assert done.exit_code == 0, done.output
    assert "portfolio at 2024-01-01 23:30 UTC: equity " in done.stdout
    [row] = [line for line in done.stdout.splitlines() if line.startswith("all -60%  ")]
    assert "drawdown" in row
    assert "group even" in done.stdout


def test_a_recording_of_the_state_has_newer_records_last(folder: Path, tmp_path: Path) -> None:
    from worker.sources.recording import read_recording

    records = list(read_recording(folder / "risk_state.jsonl"))
    stale = [(record.key, b"stale", record.timestamp_ms) for record in records]
    write_recording([*stale, (b"gone", b"1", 1), *records, (b"gone", None, 2)], tmp_path / "state.jsonl")
    assert told("--from", str(tmp_path / "state.jsonl")) == told("--from", str(folder))


@pytest.mark.parametrize(
    ("shock", "words"),
    [
        ("S02", "write NAME=-10%"),
        ("S02=-10", "write NAME=-10%"),
        ("=-10%", "write NAME=-10%"),
        ("S02=x%", "write NAME=-10%"),
        ("S02=nan%", "write NAME=-10%"),
        ("S02=-101%", "nothing falls by more than 100%"),
        ("evn=-10%", "did you mean 'even'?"),
        ("banks=-10%", "a group of the settings, or all"),
    ],
)
def test_what_is_no_shock_is_told(folder: Path, shock: str, words: str) -> None:
    done = CliRunner().invoke(program(), ["risk", "stress", "--from", str(folder), "--shock", shock])
    assert done.exit_code == Exit.USAGE
    assert words in " ".join(done.output.replace("│", " ").split())


def test_what_is_no_state_is_told(tmp_path: Path) -> None:
    for text, words in (("", "holds no state"), ('{"ts":1,"key":"head","value":"x"}\n', "can't be restored")):
        (tmp_path / "risk_state.jsonl").write_text(text)
        done = CliRunner().invoke(program(), ["risk", "stress", "--from", str(tmp_path)])
        assert isinstance(done.exception, DataError)
        assert words in done.exception.message
