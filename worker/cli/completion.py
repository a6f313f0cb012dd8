"""Shell completion of names from the settings and the registry.

Nothing here connects to a broker or fails: without names the shell completes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from worker.settings import Settings

INTERVALS = ("1m", "5m", "15m", "30m", "1h", "4h", "1d")


def symbols(incomplete: str) -> list[str]:
    """Return the symbols with their own settings."""
    return _beginning(incomplete, _instruments())


def keys(incomplete: str) -> list[str]:
    """Return the keys of limits: `*`, or a symbol."""
    return _beginning(incomplete, ["*", *_instruments()])


def groups(incomplete: str) -> list[str]:
    """Return the consumer group of the settings."""
    settings = _settings()
    return _beginning(incomplete, [] if settings is None else [settings.processing.group])


def intervals(incomplete: str) -> list[str]:
    """Return common bar lengths."""
    return _beginning(incomplete, list(INTERVALS))


def models(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return NAME and NAME@VERSION of every model in the registry."""
    from worker.errors import AlphapulseError
    from worker.models.registry import Registry

    try:
        found = Registry(Path(ctx.params.get("registry") or "models"))
        names = found.names()
        return _beginning(incomplete, [*names, *(f"{name}@{each}" for name in names for each in found.versions(name))])
    except (AlphapulseError, OSError):
        return []


def _instruments() -> list[str]:
    from worker.errors import AlphapulseError
    from worker.instruments import load_engine

    settings = _settings()
    try:
        return [] if settings is None else sorted(load_engine(settings.engine).instruments)
    except (AlphapulseError, OSError):
        return []


def _settings() -> Settings | None:
    from worker.errors import AlphapulseError
    from worker.settings import load_settings

    try:
        return load_settings()
    except (AlphapulseError, OSError):
        return None


def _beginning(incomplete: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
