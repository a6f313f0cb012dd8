"""Packages of extras: loaded where they are needed, and how one that is missing is installed."""

from __future__ import annotations

import importlib
from typing import Any

from worker.errors import ConfigError


def install(extra: str) -> str:
    """What to do when a package of an extra is missing. The project lies on no package index: pip needs its folder."""
    return f"Run in the project's folder: pip install -e '.[{extra}]'"


def module(name: str, extra: str, missing: str) -> Any:
    """A module of an extra.

    Raises:
        ConfigError: it is not installed; `missing` is the message.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ConfigError(missing, install(extra)) from None
