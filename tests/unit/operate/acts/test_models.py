"""Which switches of a model are refused before they are published."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.control import ModelSwitch
from tests.unit.models import graphs
from worker.engine.settings import engine_settings
from worker.errors import ConfigError
from worker.models.registry import MODEL, Registry
from worker.operate.acts.models import model_switch, no_model

ENGINE = engine_settings({})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    content = graphs.sigmoid()
    graphs.put(tmp_path, content, graphs.manifest(content))
    return tmp_path


def test_a_model_of_the_registry_is_named_by_its_digest(root: Path) -> None:
    digest = Registry(root).manifest(graphs.NAME, graphs.VERSION)[1]
    found = model_switch(ENGINE, root, graphs.NAME, graphs.VERSION)
    assert found == ModelSwitch(graphs.NAME, graphs.VERSION, digest)
    assert model_switch(ENGINE, root, graphs.NAME, graphs.VERSION, digest) == found
    assert no_model() == ModelSwitch()


@pytest.mark.parametrize(
    ("name", "version", "digest", "said"),
    [
        ("other", "1.0.0", None, "workers would refuse the model"),
        (graphs.NAME, "9.9.9", None, "workers would refuse the model"),
        ("../sample", "1.0.0", None, "workers would refuse the model"),
        (graphs.NAME, graphs.VERSION, "0" * 64, "has the digest"),
    ],
)
def test_one_that_is_not_there_is_refused(root: Path, name: str, version: str, digest: str | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        model_switch(ENGINE, root, name, version, digest)


def test_one_that_fails_its_checks_is_refused(root: Path) -> None:
    (root / graphs.NAME / graphs.VERSION / MODEL).write_bytes(b"other")
    with pytest.raises(ConfigError, match=r"sha256 of model\.onnx is"):
        model_switch(ENGINE, root, graphs.NAME, graphs.VERSION)


def test_without_a_registry_or_with_models_that_learn_none_is_followed(root: Path) -> None:
    with pytest.raises(ConfigError, match="no registry"):
        model_switch(ENGINE, None, graphs.NAME, graphs.VERSION)
    with pytest.raises(ConfigError, match="own model learns"):
        model_switch(engine_settings({"learning": {"enabled": True}}), root, graphs.NAME, graphs.VERSION)
