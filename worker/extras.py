"""Lazy imports of the packages of extras, with the command that installs a missing one."""

from __future__ import annotations

import importlib
from typing import Any

from worker.errors import ConfigError


def install(extra: str) -> str:
    """Return the fix for a missing package of an extra; the project is on no package index, so pip needs its folder."""
    return f"Run in the project's folder: pip install -e '.[{extra}]'"


def module(name: str, extra: str, missing: str) -> Any:
    """Import a module of an extra.

    Raises:
        ConfigError: the module is not installed; `missing` is the message.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ConfigError(missing, install(extra)) from None
