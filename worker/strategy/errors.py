"""Why a strategy is refused."""

from __future__ import annotations

import traceback
from pathlib import Path

from worker.errors import ConfigError

FIX = "docs/strategies.md shows one"


class StrategyRefused(ConfigError):
    """A strategy that can't be loaded, checked or compiled: another worker would decide otherwise, so none starts."""


def raised(name: str, doing: str, error: BaseException, file: Path | None = None, fix: str = FIX) -> StrategyRefused:
    """Explain an exception of the user's code, with its line where it is known."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if _is(frame.filename, file)]
    if isinstance(error, SyntaxError):
        lines = [error.lineno]
    line = f"line {lines[-1]}: " if lines and lines[-1] else ""
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return StrategyRefused(f"{name} {doing}: {line}{type(error).__name__}: {said}".rstrip(": "), fix)


def _is(filename: str, file: Path | None) -> bool:
    return file is not None and filename == str(file)
