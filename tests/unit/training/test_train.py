"""From samples to a verified model: the same bytes twice, and an honest card."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.unit.training.made_up import FEATURES, plan, samples
from worker.errors import CannotCreate, DataError
from worker.models.registry import MODEL, Registry
from worker.models.scoring.status import Status
from worker.training.card import CARD, worth
from worker.training.estimators import fit, predict
from worker.training.train import Trained, publish, train


@cache
def model(kind: str) -> Trained:
    """A model that several tests look at."""
    return train(samples(1_500, 1.0), plan(kind=kind))


@pytest.mark.parametrize("kind", ["gbdt", "logistic"])
def test_the_same_samples_give_the_same_bytes(kind: str, tmp_path: Path) -> None:
    one, two = model(kind), train(samples(1_500, 1.0), plan(kind=kind))
    assert one.manifest.sha256 == two.manifest.sha256
    assert (one.content, one.manifest, one.card) == (two.content, two.manifest, two.card)
    folders = [publish(each, tmp_path / str(n)) for n, each in enumerate((one, two))]
    for file in folders[0].iterdir():
        assert file.read_bytes() == (folders[1] / file.name).read_bytes()


def test_another_seed_gives_another_model() -> None:
    other = train(samples(1_500, 1.0), plan(kind="gbdt", seed=plan().seed + 1))
    assert other.manifest.sha256 != model("gbdt").manifest.sha256


@pytest.mark.parametrize("kind", ["gbdt", "logistic"])
def test_the_graph_says_what_the_estimator_says(kind: str, tmp_path: Path) -> None:
    given = samples(1_500, 1.0)
    publish(train(given, plan(kind=kind, calibration="none")), tmp_path)
    loaded = Registry(tmp_path).load("made-up", "1.0.0")
    assert loaded.deviation <= 1e-6
    assert loaded.manifest.features == list(FEATURES)
    assert loaded.manifest.runtime.name == "onnxruntime"
    fitted = fit(kind, given, 1)
    p, status = loaded.scorer.score(given.features.astype(np.float64))
    assert (status == Status.ok).all()
    np.testing.assert_allclose(p, predict(fitted, given.features), atol=1e-6)


def test_trees_are_scored_in_batches(tmp_path: Path) -> None:
    publish(model("gbdt"), tmp_path)
    assert Registry(tmp_path).load("made-up", "1.0.0").scorer.micro_batching


def test_what_can_be_learned_is_learned() -> None:
    found = train(samples(4_000, 1.0), plan(kind="best"))
    assert [each.kind for each in found.evaluations] == ["gbdt", "logistic"]
    best = min(found.evaluations, key=lambda each: each.raw.log_loss)
    assert found.kind == best.kind
    assert best.skill > 0.1
    assert best.raw.brier < best.base.brier
    assert f"Kind: {best.kind}." in found.card
    assert f"saves {best.skill:.2%}" in found.card
    assert found.manifest.calibration is not None


def test_noise_is_called_worthless() -> None:
    found = train(samples(4_000, 0.0), plan(kind="gbdt"))
    [judged] = found.evaluations
    assert judged.skill <= 0.005
    assert judged.tested > 3_000
    assert "Do not trade on it" in found.card
    assert worth(judged) in found.card
    assert "| gbdt: base rate |" in found.card


def test_a_version_never_changes(tmp_path: Path) -> None:
    trained = train(samples(600, 1.0), plan(kind="logistic"))
    folder = publish(trained, tmp_path)
    assert {file.name for file in folder.iterdir()} == {"manifest.json", MODEL, CARD}
    with pytest.raises(CannotCreate, match="exists already"):
        publish(trained, tmp_path)
    assert [each.name for each in folder.parent.iterdir()] == ["1.0.0"]


def test_too_few_samples() -> None:
    with pytest.raises(DataError, match="too few"):
        train(samples(8, 1.0), plan(kind="logistic"))
