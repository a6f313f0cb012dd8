"""Why a model or a plugin is not used."""

from __future__ import annotations

from worker.errors import DataError, TryAgain


class ModelRefused(DataError):
    """A model or plugin that fails a check; the message names the check and what it found."""


class RuntimeMissing(TryAgain):
    """This machine can't run models at all: an error of the environment, never a reason to fall back."""


class OutOfMemory(TryAgain):
    """The model runtime got no memory: an error of the environment, never a reason to fall back."""


class TimedOut(Exception):
    """A model took longer than it may."""
