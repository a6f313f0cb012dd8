"""The example model is whole, small, fast to batch, and its documents tell what it is worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.unit.backtest.market import market
from worker.backtest.tape import tapes
from worker.engine.settings import EngineSettings
from worker.models.registry import Registry
from worker.models.scoring.status import Status
from worker.models.serving.circuit import CIRCUIT
from worker.models.serving.trial import Models
from worker.models.session.canary import rows_of
from worker.training.series import series_of_tapes

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "examples" / "models"


def test_it_passes_every_check() -> None:
    registry = Registry(MODELS)
    assert registry.names() == ["index-daily"]
    loaded = registry.load("index-daily", registry.newest("index-daily"))
    assert loaded.scorer.micro_batching
    assert loaded.manifest.calibration is not None
    p, status = loaded.scorer.score(rows_of(loaded.manifest.canary.inputs).astype(np.float64))
    assert (status == Status.ok).all()
    assert ((p > 0.0) & (p < 1.0)).all()


def test_it_scores_what_the_engine_sees_however_it_was_batched() -> None:
    models = Models(Registry(MODELS).load("index-daily", "1.0.0").scorer)
    given = np.concatenate([each.features for each in series_of_tapes(tapes(market()), EngineSettings())])
    slots = np.repeat(np.arange(7), -(-len(given) // 7))[: len(given)]
    whole = models.score(given, np.zeros(7, CIRCUIT), slots).champion
    kinds, counts = np.unique(whole.status, return_counts=True)
    assert kinds.tolist() == [Status.ok, Status.features_not_ready]
    assert counts[0] > 3_000
    assert counts[1] >= 7 * 100  # until the longest window is full
    circuits, cuts = np.zeros(7, CIRCUIT), [1, 2, 400, 401, 1_900]
    parts = [
        models.score(rows, circuits, own)
        for rows, own in zip(np.split(given, cuts), np.split(slots, cuts), strict=True)
    ]
    assert np.concatenate([part.champion.prob for part in parts]).tobytes() == whole.prob.tobytes()
    assert np.concatenate([part.champion.status for part in parts]).tobytes() == whole.status.tobytes()


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in MODELS.rglob("*") if path.is_file()) < 200_000


def test_its_worth_is_told() -> None:
    card = next(MODELS.rglob("MODEL_CARD.md")).read_text()
    assert "It is worth nothing" in card
    assert "worth nothing" in (ROOT / "docs" / "models.md").read_text()
