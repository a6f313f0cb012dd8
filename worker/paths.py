"""Folders of the cache and the state on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the folder of files that can be recreated.

    `$ALPHAPULSE_CACHE_DIR`, else `$XDG_CACHE_HOME/alphapulse`, else `~/.cache/alphapulse`.
    """
    return _directory("ALPHAPULSE_CACHE_DIR", "XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """Return the folder of files that must survive a restart.

    `$ALPHAPULSE_STATE_DIR`, else `$XDG_STATE_HOME/alphapulse`, else `~/.local/state/alphapulse`.
    """
    return _directory("ALPHAPULSE_STATE_DIR", "XDG_STATE_HOME", ".local/state")


def _directory(own: str, base: str, home: str) -> Path:
    if chosen := os.environ.get(own):
        return Path(chosen).expanduser().absolute()
    if root := os.environ.get(base):
        return Path(root) / "alphapulse"
    return Path.home() / home / "alphapulse"
