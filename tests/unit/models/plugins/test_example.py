"""The example package is found by its entry points, keeps the contract and scores."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tests.unit.models.plugins.distribution import EXAMPLE, entry_points_of, register
from worker.models.contract import check_model, check_stage
from worker.models.plugins import MODELS, STAGES, installed, load_model, load_stages
from worker.models.scoring.status import Status
from worker.models.stage_columns import run_stage


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(tmp_path, "alphapulse_example_plugin", entry_points_of(EXAMPLE / "pyproject.toml"))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.syspath_prepend(str(tmp_path))


def test_it_is_found() -> None:
    assert "mean-reversion" in installed(MODELS)
    assert "pressure" in installed(STAGES)


def test_the_model_scores_in_batches() -> None:
    scorer = load_model("mean-reversion")
    assert scorer.micro_batching
    assert scorer.card is not None
    assert (scorer.card.model_id, scorer.card.version) == ("mean-reversion", "1.0.0")
    p, status = scorer.score(np.array([[0.5, 50.0], [0.0, 25.0], [np.nan, 50.0], [1.0, 90.0]]))
    assert p.tolist() == pytest.approx([0.5, 0.65, np.nan, 0.32], nan_ok=True)
    ok, not_ready = Status.ok, Status.features_not_ready
    assert status.tolist() == [ok, ok, not_ready, ok]


def test_the_stage_makes_its_column() -> None:
    [stage] = load_stages(["pressure"])
    found = run_stage(stage, {"clv": np.array([0.5, -1.0, 0.2]), "vol_z_20": np.array([2.0, 9.0, np.nan])})
    assert found.columns["pressure"].tolist() == pytest.approx([1.0, -3.0, np.nan], nan_ok=True)
    assert (found.status == Status.ok).all()


def test_both_keep_the_contract() -> None:
    check_model(import_module("alphapulse_example.model").MeanReversion())
    check_stage(import_module("alphapulse_example.stage").Pressure())
