"""A model reads what a stage plugin makes of the features; where the stage fails the model is not ready."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas import Decision
from tests.support.record_engine import RecordEngine
from tests.unit.backtest.market import market
from tests.unit.models import graphs
from tests.unit.models.plugins.distribution import EXAMPLE, entry_points_of, register
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, ModelSettings
from worker.errors import ConfigError
from worker.models.registry import Registry
from worker.models.serving.library import Library, configured_stages
from worker.models.stages import Stages

KEYS, VALUES, TIMES = zip(*market(), strict=True)
RECORDS = Records(KEYS, VALUES, TIMES)
COLUMN = "plugin.pressure.pressure"
Columns = Mapping[str, NDArray[np.float64]]


class Fragile:
    """Fails where the close lies in the upper part of its range; elsewhere it says where."""

    name, inputs, outputs = "pressure", ("clv",), ("pressure",)

    def run(self, features: Columns) -> Columns:
        if (features["clv"] > 0.5).any():
            raise ValueError("no")
        return {"pressure": features["clv"]}


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(tmp_path, "alphapulse_example_plugin", entry_points_of(EXAMPLE / "pyproject.toml"))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A model whose probability is the sigmoid of the stage's column."""
    content = graphs.sigmoid()
    graphs.put(tmp_path / "models", content, graphs.manifest(content, features=[COLUMN, "natr_14", "clv"]))
    return tmp_path / "models"


def settings(root: Path, *plugins: str) -> EngineSettings:
    digest = Registry(root).manifest(graphs.NAME, graphs.VERSION)[1]
    return EngineSettings(model=ModelSettings(name=graphs.NAME, version=graphs.VERSION, digest=digest), plugins=plugins)


def decided(root: Path, given: EngineSettings, stages: Stages, size: int = len(KEYS)) -> list[Decision]:
    """Decisions in batches of a size."""
    engine = RecordEngine(given, scorer=Library(given.model, root, stages=stages).switchboard())
    parts = (RECORDS.slice(start, start + size) for start in range(0, len(KEYS), size))
    return [each for part in parts for each in engine.process(part) if isinstance(each, Decision)]


def test_a_model_reads_the_column(registry: Path) -> None:
    given = settings(registry, "pressure")
    found = decided(registry, given, configured_stages(given.plugins))
    assert Counter(each.model.status for each in found)["ok"] > 3_000
    said = {each.model_prob for each in found if each.model.status == "ok"}
    assert len(said) > 1_000, "it depends on the bars"
    assert found == decided(registry, given, configured_stages(given.plugins), 613)


def test_where_the_stage_fails_the_rules_decide(registry: Path) -> None:
    failed: Counter[str] = Counter()
    stages = Stages([("pressure", Fragile())], lambda name, rows: failed.update({name: rows}))
    found = decided(registry, settings(registry, "pressure"), stages)
    seen = Counter(each.model.status for each in found)
    assert failed["pressure"] > 500
    assert seen["ok"] > 1_500
    assert seen["ok"] + seen["features_not_ready"] == len(found)
    assert seen["features_not_ready"] >= failed["pressure"]
    assert all(each.final == each.score for each in found if each.model.status != "ok")


def test_a_column_that_no_stage_makes(registry: Path) -> None:
    found = decided(registry, settings(registry), Stages())
    assert {each.model.status for each in found} == {"load_error"}


def test_a_stage_that_is_not_installed_stops_the_process() -> None:
    with pytest.raises(ConfigError, match="no plugin nobody"):
        configured_stages(["nobody"])


def test_stages_stand_in_the_configuration_hash() -> None:
    plain = EngineSettings().config_hash()
    assert EngineSettings(plugins=("pressure",)).config_hash() not in {
        plain,
        EngineSettings(plugins=("a",)).config_hash(),
    }
    assert EngineSettings(plugins=()).config_hash() == plain
