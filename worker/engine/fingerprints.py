"""Per symbol, the fingerprint of its `derived` part: what its bytes mean under these settings."""

from __future__ import annotations

import msgspec

from worker.engine.settings import ENGINE_VERSION, EngineSettings, InstrumentSettings
from worker.engine.stages.features import FEATURE_SET_VERSION
from worker.engine.state import DERIVED, fingerprint

DEFAULT = ""  # stands for every symbol without an instrument of its own


class Fingerprints:
    """Fingerprints under one configuration."""

    def __init__(self, settings: EngineSettings) -> None:
        stages = [name for name in DERIVED.names or () if name in type(settings).model_fields]
        self._common = {name: getattr(settings, name).model_dump(mode="json") for name in stages}
        self._common["interval"] = settings.ingestion.interval
        if settings.learning.enabled or settings.calibration.enabled:
            # Labels are of moves beyond the costs; what is calibrated is the signal that these parameters made.
            teachers = ("execution", "signal", "model")
            self._common |= {name: getattr(settings, name).model_dump(mode="json") for name in teachers}
        self._instruments = settings.instruments
        self._known: dict[str, str] = {}

    def of(self, symbol: str) -> str:
        """Of the symbol's derived part."""
        name = symbol if symbol in self._instruments else DEFAULT
        if name not in self._known:
            self._known[name] = self._compute(self._instruments.get(name, InstrumentSettings()))
        return self._known[name]

    def _compute(self, instrument: InstrumentSettings) -> str:
        content = self._common | {"instrument": instrument.model_dump(mode="json")}
        parameters = msgspec.json.encode(content, order="deterministic")
        return fingerprint(f"{ENGINE_VERSION} {FEATURE_SET_VERSION}", parameters)
