"""`models` shows, verifies and times what a registry holds; `train` writes into it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tests.unit.models.graphs import put, sigmoid
from tests.unit.training.made_up import plan, samples
from worker.cli import models as command
from worker.cli.train import train
from worker.errors import CannotCreate, Exit
from worker.models.errors import ModelRefused
from worker.models.registry import MODEL, Registry
from worker.training.train import publish
from worker.training.train import train as trained

START, HOUR = 1_704_067_200_000, 3_600_000
WAVE = (0.0, 0.4, 0.9, 1.1, 0.8, 0.2, -0.5, -1.0, -1.2, -0.9, -0.3)


def run(*given: str) -> Any:
    """`alphapulse models`."""
    return CliRunner().invoke(command.app, [*given])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whole model and one that has changed since."""
    root = tmp_path_factory.mktemp("published")
    publish(trained(samples(600, 1.0), plan(kind="gbdt")), root)
    folder = put(root, sigmoid())
    (folder / MODEL).write_bytes(sigmoid() + b"\x00")
    return root


@pytest.fixture
def registry(published: Path, tmp_path: Path) -> Path:
    """The same for each test, which may change it."""
    return shutil.copytree(published, tmp_path / "registry")


def test_list_shows_every_version(registry: Path) -> None:
    rows = json.loads(run("list", "--registry", str(registry), "--json").stdout)
    assert [(row["name"], row["version"], row["output"]) for row in rows] == [
        ("made-up", "1.0.0", "p_up"),
        ("sample", "1.0.0", "p_up"),
    ]
    shown = run("list", "--registry", str(registry)).stdout
    assert "made-up" in shown
    assert rows[0]["digest"] == Registry(registry).load("made-up", "1.0.0").digest
    assert rows[0]["digest"] in shown  # whole where it is piped


def test_a_terminal_shows_the_begin_of_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = "0123456789abcdef" * 4
    assert command._cell(digest) == digest
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert command._cell(digest) == digest[:12]
    assert command._cell("a longer name than that") == "a longer name than that"


def test_list_names_what_is_wrong_with_a_manifest(registry: Path) -> None:
    (registry / "sample" / "1.0.0" / "manifest.json").write_text("{}")
    rows = json.loads(run("list", "--registry", str(registry), "--json").stdout)
    assert "is not a manifest" in rows[1]["digest"]


def test_an_empty_registry(tmp_path: Path) -> None:
    done = run("list", "--registry", str(tmp_path))
    assert (done.exit_code, done.stdout) == (0, "the registry is empty\n")


def test_check_fails_when_one_would_be_refused(registry: Path) -> None:
    done = run("check", "--registry", str(registry), "--json")
    assert done.exit_code == Exit.DATA
    whole, changed = json.loads(done.stdout)
    assert (whole["verdict"], whole["batches"]) == ("ok", "any size")
    assert whole["made_on"] == "this runtime and CPU family"
    assert "sha256" in changed["verdict"]


def test_check_of_one(registry: Path) -> None:
    for which in ("made-up", "made-up@1.0.0"):
        done = run("check", which, "--registry", str(registry))
        assert (done.exit_code, "any size" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    "given", [["check", "absent"], ["check", "made-up@2.0.0"], ["check", "../x"], ["benchmark", "absent"]]
)
def test_models_that_are_not_there(registry: Path, given: list[str]) -> None:
    done = run(*given, "--registry", str(registry))
    assert done.exit_code == Exit.DATA or isinstance(done.exception, ModelRefused)


def test_benchmark_gives_a_cost_for_each_batch(registry: Path) -> None:
    done = run("benchmark", "made-up", "--registry", str(registry), "--seconds", "0.01", "--json")
    rows = json.loads(done.stdout)
    assert [row["batch"] for row in rows] == [1, 16, 64, 256, 1_024, 4_096]
    assert all(row["us_per_bar"] > 0.0 for row in rows)
    assert rows[-1]["us_per_bar"] < rows[0]["us_per_bar"]


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    """Hourly bars of a wave."""
    lines = ["ts,open,high,low,close,volume"]
    for bar in range(900):
        last, close = (100.0 + 2.0 * WAVE[at % 11] + 0.01 * (at % 7) for at in (bar - 1, bar))
        high, low = max(last, close) + 0.25, min(last, close) - 0.25
        lines.append(f"{START + bar * HOUR},{last},{high},{low},{close},{1_000 + 37 * (bar % 13)}")
    path = tmp_path / "wave.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def training() -> typer.Typer:
    """The command as the program registers it."""
    app = typer.Typer()
    app.command()(train)
    return app


def test_train_writes_a_model_that_passes(training: typer.Typer, bars: Path, tmp_path: Path) -> None:
    root = tmp_path / "models"
    given = [str(bars), "--name", "wave", "--version", "0.1.0", "--registry", str(root), "--folds", "3"]
    done = CliRunner().invoke(training, [*given, "--kind", "gbdt", "--horizon", "5", "--feature", "rsi_14", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["evaluations"][0]["skill"] > 0.2  # a wave can be foreseen
    loaded = Registry(root).load("wave", "0.1.0")
    assert loaded.manifest.sha256 == told["sha256"]
    assert (loaded.manifest.horizon, loaded.manifest.features) == (5, ["rsi_14"])
    assert "wave.csv" in loaded.manifest.created_from
    again = CliRunner().invoke(training, [*given, "--kind", "gbdt", "--feature", "rsi_14"])
    assert isinstance(again.exception, CannotCreate)


@pytest.mark.parametrize(
    "given", [[], ["x.csv", "--kind", "oracle"], ["x.csv", "--calibration", "hope"], ["x.csv", "--feature", "luck"]]
)
def test_options_that_are_none(training: typer.Typer, given: list[str]) -> None:
    assert CliRunner().invoke(training, given).exit_code == Exit.USAGE
