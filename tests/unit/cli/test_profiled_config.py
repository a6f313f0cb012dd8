"""`config` says which profile a value comes from, and what holds for one symbol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from worker.cli.config import config
from worker.engine.profiles import PROFILED, PROFILES


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shown(*flags: str) -> dict[str, Any]:
    app = typer.Typer()
    app.command()(config)
    done = CliRunner().invoke(app, ["--json", *flags])
    assert done.exit_code == 0, done.output
    rows: dict[str, Any] = json.loads(done.stdout)["settings"]
    return rows


NAMES = [f"engine.{section}.{name}" for section, names in PROFILED.items() for name in names]


def test_under_auto_there_is_a_value_a_class() -> None:
    rows = shown()
    assert rows["engine.profile"] == {"value": "auto", "source": "default"}
    budgets = {name: profile.budget for name, profile in PROFILES.items()}
    assert (
        rows["engine.risk.budget"] == {"value": 100_000.0, "source": "every profile"}
        or rows["engine.risk.budget"]["value"] == budgets
    )
    target = rows["engine.risk.sigma_target"]
    assert target["value"] == {name: profile.sigma_target for name, profile in PROFILES.items()}
    assert "profile of the symbol" in target["source"]
    assert all(rows[name]["value"] is not None for name in NAMES)


def test_a_named_profile_is_the_source_of_what_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("alphapulse.toml").write_text('[engine]\nprofile = "crypto"\n[engine.execution]\nfee_bps = 7.5\n')
    monkeypatch.setenv("ALPHAPULSE_ENGINE__RISK__BUDGET", "5000")
    rows = shown()
    assert rows["engine.profile"]["source"] == "file alphapulse.toml"
    assert rows["engine.execution.fee_bps"] == {"value": 7.5, "source": "file alphapulse.toml"}
    assert rows["engine.risk.budget"] == {"value": 5000.0, "source": "environment ALPHAPULSE_ENGINE__RISK__BUDGET"}
    assert rows["engine.risk.sigma_target"] == {"value": PROFILES["crypto"].sigma_target, "source": "profile crypto"}
    assert {rows[name]["source"] for name in NAMES} == {
        "profile crypto",
        "file alphapulse.toml",
        "environment ALPHAPULSE_ENGINE__RISK__BUDGET",
    }


def test_one_symbol_shows_its_class_and_what_decided_it() -> None:
    rows = shown("--symbol", "ETH-BTC")
    assert rows["profile of ETH-BTC"] == {"value": "crypto", "source": "the form of its symbol, quote BTC"}
    assert rows["engine.risk.budget"] == {"value": 1.0, "source": "profile crypto"}
    assert shown("--symbol", "AAPL")["engine.risk.budget"] == {"value": 100_000.0, "source": "profile equity"}
