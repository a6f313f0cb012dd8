"""The layouts of a configuration, kept up to date with the models and the strategies that decisions name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.output.encoding.layout import Layout, layout
from worker.engine.output.voices import Voices
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import EngineSettings


class Layouts:
    """The layout of each voice, rebuilt when new models are named; without `names` only the configured model."""

    def __init__(self, settings: EngineSettings, names: ModelNames | None, voices: Voices | None = None) -> None:
        self._names = names or ModelNames(*settings.voice)
        self._voices = voices or Voices(settings)
        self._known, self._layouts = len(self._names), {0: layout(settings, self._names)}

    def of(self, voice: int) -> Layout:
        """Return the layout for output rows of a voice."""
        if self._known != len(self._names):
            self._known, self._layouts = len(self._names), {}
        if voice not in self._layouts:
            self._layouts[voice] = layout(self._voices.settings[voice], self._names)
        return self._layouts[voice]

    def runs(self, outs: NDArray[Any], rows: NDArray[np.int64]) -> Iterator[tuple[int, int, Layout]]:
        """Yield the runs of `rows` of `outs` that have one voice: first, end, layout."""
        if len(self._voices) == 1 or not rows.size:
            yield 0, rows.size, self.of(0)
            return
        voices = outs["said"]["voice"][rows]
        cuts = (np.flatnonzero(np.diff(voices)) + 1).tolist()
        for first, end in zip([0, *cuts], [*cuts, rows.size], strict=True):
            yield first, end, self.of(int(voices[first]))
