"""Models are loaded once, what is refused falls back visibly, and what contradicts itself stops the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from schemas.control import ModelSwitch
from tests.unit.models import graphs
from tests.unit.models.plugins.distribution import EXAMPLE, entry_points_of, register
from tests.unit.models.serving.test_trial import features
from worker.engine.scoring.model import CIRCUIT, Status
from worker.engine.settings import EngineSettings, ModelSettings, engine_settings
from worker.errors import ConfigError, Exit
from worker.models.errors import RuntimeMissing
from worker.models.registry import Registry
from worker.models.serving.library import Library
from worker.settings import ChallengerSettings, ModelsSettings
from worker.stream.decisions import library
from worker.telemetry.metrics import METRICS


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    content = graphs.sigmoid()
    graphs.put(tmp_path, content, graphs.manifest(content))
    return tmp_path


def choice(root: Path) -> ModelSettings:
    """The one model there is."""
    return ModelSettings(name=graphs.NAME, version=graphs.VERSION, digest=digest(root))


def digest(root: Path) -> str:
    return Registry(root).manifest(graphs.NAME, graphs.VERSION)[1]


def statuses(found: Library, switch: ModelSwitch | None = None) -> list[int]:
    """How one bar fares."""
    board = found.switchboard()
    if switch is not None:
        board.switch(1, switch)
    generation = np.array([0 if switch is None else 1])
    found_status = board.score(features(0.5), np.zeros(1, CIRCUIT), np.zeros(1, np.int64), generation).status
    return list(found_status)


def test_a_model_is_loaded_once(registry: Path) -> None:
    found = Library(choice(registry), registry)
    assert found.find(choice(registry)) is found.find(choice(registry))
    assert found.find(choice(registry)).number == 0
    assert statuses(found) == [Status.ok]


def test_another_digest_is_refused(registry: Path) -> None:
    refused = choice(registry).model_copy(update={"digest": "0" * 64})
    assert statuses(Library(refused, registry)) == [Status.load_error]
    switch = ModelSwitch(graphs.NAME, graphs.VERSION, "0" * 64)
    assert statuses(Library(choice(registry), registry), switch) == [Status.load_error]


def test_without_a_registry_a_switch_is_refused(registry: Path) -> None:
    switch = ModelSwitch(graphs.NAME, graphs.VERSION, digest(registry))
    assert statuses(Library(), switch) == [Status.load_error]


def test_a_folder_that_is_not_there_stops_the_process(tmp_path: Path, registry: Path) -> None:
    for root in (tmp_path / "elsewhere", None):
        with pytest.raises(ConfigError, match="registry"):
            Library(choice(registry), root)
    with pytest.raises(ConfigError, match="registry"):
        Library(challenger=choice(registry))


def test_a_missing_runtime_stops_the_process(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(RuntimeMissing, match=r"pip install -e '\.\[models\]'") as caught:
        Library(choice(registry), registry)
    assert caught.value.exit_code == Exit.TEMPORARY
    assert not Library().switchboard().listens


def test_without_the_extra_a_worker_without_a_model_has_all_it_needs() -> None:
    program = (
        "import sys; sys.modules.update(onnx=None, onnxruntime=None)\n"
        "from worker.engine.settings import EngineSettings\n"
        "from worker.settings import Settings\n"
        "from worker.stream.decisions import DecisionJob\n"
        "import worker.backtest.run, worker.inprocess.pipeline, worker.cli.control\n"
        "assert DecisionJob(EngineSettings(), Settings()).engine().known == 0\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_a_plugin_is_a_model_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(tmp_path, "alphapulse_example_plugin", entry_points_of(EXAMPLE / "pyproject.toml"))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.syspath_prepend(str(tmp_path))
    found = Library(ModelSettings(name="plugin:mean-reversion", version="1.0.0"))
    assert found.switchboard().listens
    assert statuses(found) == [Status.ok]
    assert found.names.rows[0][Status.ok].id == "plugin:mean-reversion"
    assert statuses(Library(ModelSettings(name="plugin:mean-reversion", version="9.0.0"))) == [Status.load_error]
    assert statuses(Library(ModelSettings(name="plugin:unknown", version="1.0.0"))) == [Status.load_error]


@pytest.mark.parametrize(
    "given", [{"name": "m"}, {"name": "m", "version": "1.0.0"}, {"version": "1.0.0"}, {"digest": "0" * 64}]
)
def test_a_model_is_named_whole_or_not_at_all(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"engine\.model"):
        engine_settings({"model": given})
    with pytest.raises(ConfigError, match=r"models\.challenger"):
        library(EngineSettings(), ModelsSettings(challenger=ChallengerSettings(**given)))


def test_one_model_has_a_say(registry: Path) -> None:
    learning = {"enabled": True}
    with pytest.raises(ConfigError, match="exclude each other"):
        engine_settings({"learning": learning, "model": choice(registry).model_dump()})
    alone = engine_settings({"learning": learning})
    assert library(alone, ModelsSettings()) is None
    with pytest.raises(ConfigError, match="exclude each other"):
        library(alone, ModelsSettings(registry=registry))


def test_a_challenger_goes_to_the_metrics(registry: Path) -> None:
    trial = ChallengerSettings(**choice(registry).model_dump())
    found = library(EngineSettings(), ModelsSettings(registry=registry, challenger=trial))
    assert found is not None
    before = METRICS.challenger_answers.labels("ok")._value.get()
    assert statuses(found) == [Status.not_configured]
    assert METRICS.challenger_answers.labels("ok")._value.get() == before + 1
