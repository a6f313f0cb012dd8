"""The settings under which decisions are made: the configured ones, and those with what a switch made of a strategy."""

from __future__ import annotations

from worker.engine.settings import EngineSettings


class Voices:
    """Settings by number, in the order of their first use in this process; 0 are the configured ones.

    Engines write the numbers into output rows, encoders turn them into text; nothing else may depend on them.
    """

    def __init__(self, configured: EngineSettings) -> None:
        self.settings = [configured]

    def __len__(self) -> int:
        return len(self.settings)

    def number(self, settings: EngineSettings) -> int:
        """Return the number of settings, a new one if needed."""
        if settings not in self.settings:
            self.settings.append(settings)
        return self.settings.index(settings)
