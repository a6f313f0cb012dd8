"""Errors of models and plugins."""

from __future__ import annotations

from worker.errors import DataError, TryAgain


class ModelRefused(DataError):
    """A model or plugin that fails a check; the message names the check and its finding."""


class RuntimeMissing(TryAgain):
    """A machine that can't run models at all: an error of the environment, never a reason to fall back."""


class OutOfMemory(TryAgain):
    """A model runtime without memory: an error of the environment, never a reason to fall back."""


class TimedOut(Exception):
    """A model that exceeded its time limit."""
