"""What a switch of the model may be: it is checked first, since the rules decide in a worker that can't follow."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from schemas.control import ModelSwitch
from worker.engine.settings import EngineSettings
from worker.errors import ConfigError
from worker.models.errors import ModelRefused, RuntimeMissing
from worker.models.registry import Registry


def no_model() -> ModelSwitch:
    """Return the switch to the rules alone."""
    return ModelSwitch()


def model_switch(
    engine: EngineSettings, folder: Path | None, name: str, version: str, digest: str | None = None
) -> ModelSwitch:
    """Return the switch to a model of the registry, which passes all its checks here; blocks for their time.

    Where this machine can't run models, its manifest alone is checked.

    Raises:
        ConfigError: workers would not follow it: there is no registry or no such model, a check fails, or each
            symbol's own model learns.
    """
    if engine.learning.enabled:
        raise ConfigError("each symbol's own model learns: workers follow no switch", "Unset engine.learning.enabled")
    if folder is None:
        raise ConfigError("there is no registry to look the model up in", "Set models.registry")
    try:
        registry = Registry(folder)
        found = registry.manifest(name, version)[1]
        if digest is not None and digest != found:
            raise ModelRefused(f"{name}@{version} has the digest {found}, not {digest}", "Give that of the registry")
        with suppress(RuntimeMissing):
            registry.load(name, version, digest=found)
    except ModelRefused as problem:
        raise ConfigError(f"workers would refuse the model: {problem.message}", problem.fix) from None
    return ModelSwitch(name, version, found)
