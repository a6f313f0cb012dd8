"""The layout of a configuration, kept up to date with the models that decisions name."""

from __future__ import annotations

from worker.engine.output.encoding.layout import Layout, layout
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import EngineSettings


class Layouts:
    """The layout of one configuration, rebuilt when new models are named; without `names` only the configured model."""

    def __init__(self, settings: EngineSettings, names: ModelNames | None) -> None:
        self._settings = settings
        self._names = names or ModelNames(*settings.voice)
        self._known, self._layout = len(self._names), layout(settings, self._names)

    @property
    def newest(self) -> Layout:
        """The layout for all output rows so far."""
        if self._known != len(self._names):
            self._known, self._layout = len(self._names), layout(self._settings, self._names)
        return self._layout
