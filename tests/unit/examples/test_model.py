"""The example model is whole, small, fast to batch, and its documents tell what it is worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worker.models.canary import rows_of
from worker.models.registry import Registry

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "examples" / "models"


def test_it_passes_every_check() -> None:
    registry = Registry(MODELS)
    assert registry.names() == ["index-daily"]
    loaded = registry.load("index-daily", registry.newest("index-daily"))
    assert loaded.scorer.micro_batching
    assert loaded.manifest.calibration is not None
    p, status = loaded.scorer.score(rows_of(loaded.manifest.canary.inputs).astype(np.float64))
    assert not status.any()
    assert ((p > 0.0) & (p < 1.0)).all()


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in MODELS.rglob("*") if path.is_file()) < 200_000


def test_its_worth_is_told() -> None:
    card = next(MODELS.rglob("MODEL_CARD.md")).read_text()
    assert "It is worth nothing" in card
    assert "worth nothing" in (ROOT / "docs" / "models.md").read_text()
