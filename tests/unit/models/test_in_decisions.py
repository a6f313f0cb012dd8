"""A model takes part in decisions: the same bytes whatever the batches, by object or by kernel."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime
import pytest

from schemas import Decision
from tests.support.record_engine import RecordEngine
from tests.unit.backtest.market import market
from worker.engine.output.encoding import DecisionEncoder
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, ModelSettings
from worker.models.registry import Registry
from worker.models.serving.library import Library

MODELS = Path(__file__).parents[3] / "examples" / "models"
NAME, VERSION = "index-daily", "1.0.0"
KEYS, VALUES, TIMES = zip(*market(), strict=True)
RECORDS = Records(KEYS, VALUES, TIMES)


def settings(digest: str | None = None) -> EngineSettings:
    """The example model, pinned."""
    pin = digest or Registry(MODELS).load(NAME, VERSION).digest
    return EngineSettings(model=ModelSettings(name=NAME, version=VERSION, digest=pin))


@cache
def decided(size: int, digest: str | None = None) -> list[Any]:
    """Outcomes in batches of so many records; nobody may change them."""
    given = settings(digest)
    engine = RecordEngine(given, scorer=Library(given.model, MODELS).switchboard())
    return [
        outcome
        for start in range(0, len(RECORDS.keys), size)
        for outcome in engine.process(
            RECORDS.slice(start, start + size), np.arange(start, min(start + size, len(RECORDS.keys)))
        )
    ]


def test_the_model_is_blended_in_and_told() -> None:
    found = [each for each in decided(5_000) if isinstance(each, Decision)]
    status = [each.model.status for each in found]
    assert {*status} == {"ok", "features_not_ready"}
    scored = [each for each in found if each.model.status == "ok"]
    assert len(scored) > 3_000
    for each in scored:
        assert (each.model.id, each.model.version) == (NAME, VERSION)
        assert each.model.runtime == f"onnxruntime {onnxruntime.__version__}"
        assert each.model_prob is not None
        assert each.score is not None
        if each.regime != "crisis":
            assert each.final == pytest.approx(0.5 * each.score + 0.5 * (2 * each.model_prob - 1), abs=2e-6)
        assert "model_fallback" not in each.reasons
    waiting = [each for each in found if each.model.status != "ok"]
    assert all(each.final == each.score and "model_fallback" in each.reasons for each in waiting)


def test_batches_do_not_show() -> None:
    encode = msgspec.json.Encoder().encode
    assert list(map(encode, decided(613))) == list(map(encode, decided(5_000)))


def test_the_kernel_writes_the_same() -> None:
    given = settings()
    scorer = Library(given.model, MODELS).switchboard()
    engine = RecordEngine(given, scorer=scorer)
    decoded = engine.decoder.decode(RECORDS)
    outs = engine.step(RECORDS.keys, decoded)
    exact = engine._builder.build(RECORDS, decoded, outs)
    kept = np.flatnonzero(outs["validation"]["accepted"])
    symbols = [exact[row].symbol or "" for row in kept]
    lines = DecisionEncoder(given, scorer.names).lines(decoded.bars[kept], outs[kept], symbols)
    assert lines == msgspec.json.Encoder().encode_lines([exact[row] for row in kept])


def test_a_refused_model_leaves_the_rules() -> None:
    found = [each for each in decided(5_000, "0" * 64) if isinstance(each, Decision)]
    assert {each.model.status for each in found} == {"load_error"}
    assert all(each.final == each.score and each.model_prob is None for each in found)
    assert all("model_fallback" in each.reasons for each in found)
