"""Paths of all settings."""

from __future__ import annotations

from worker.settings.model import Settings
from worker.settings.names import SettingPath, leaves, lists

SCALARS = frozenset(path for path in leaves(Settings) if path[0] != "engine")
LISTS = frozenset(lists(Settings))


def every_path() -> list[SettingPath]:
    """Return the paths of all settings, those of the engine included (which takes a second to import)."""
    from worker.engine.settings import EngineSettings

    return [*sorted(SCALARS), *leaves(EngineSettings, ("engine",))]
