"""Per-symbol fingerprints of the `derived` part: equal ones mean equal bytes under these settings."""

from __future__ import annotations

import hashlib

import msgspec

from worker.engine.profiles import Profile
from worker.engine.settings import ENGINE_VERSION, EngineSettings, InstrumentSettings
from worker.engine.stages.features import FEATURE_SET_VERSION
from worker.engine.state.layout import DERIVED, fingerprint

CLASS = {"profile", "quote", "group"}  # of an instrument: they decide defaults only, or nothing here
DEFAULT = ""  # represents every symbol without an instrument of its own


class Fingerprints:
    """Fingerprints under one configuration."""

    def __init__(self, settings: EngineSettings) -> None:
        stages = [name for name in DERIVED.names or () if name in type(settings).model_fields]
        self._common = {name: getattr(settings, name).model_dump(mode="json") for name in stages}
        self._common["interval"] = settings.ingestion.interval
        self._costs = False  # whether the class's costs affect what is learned
        if settings.learning.enabled or settings.calibration.enabled:
            # Labels are of moves beyond the costs; the calibrated signal depends on these parameters.
            teachers = ("execution", "signal", "model")
            # What an open beyond the stop does to an order affects no label.
            dumped = {name: getattr(settings, name).model_dump(mode="json", exclude={"gap"}) for name in teachers}
            self._common |= dumped
            self._costs = True
        self._settings = settings
        self._known: dict[tuple[str, int], str] = {}
        self._memories: dict[tuple[str, str], str] = {}

    def of(self, symbol: str) -> str:
        """Return the fingerprint of the symbol's derived part."""
        name = symbol if symbol in self._settings.instruments else DEFAULT
        asset = self._settings.asset_of(symbol)
        # Without learning, the class does not affect this part.
        key = name, asset.row if self._costs else 0
        if key not in self._known:
            self._known[key] = self._compute(name, asset.defaults)
        return self._known[key]

    def of_memory(self, symbol: str, plan: str) -> str:
        """Return the fingerprint of a strategy's indicators of the symbol; `plan` is that of what they compute.

        They see accepted bars only, so it holds what decides which those are.
        """
        name = symbol if symbol in self._settings.instruments else DEFAULT
        if (name, plan) not in self._memories:
            self._memories[name, plan] = self._compute_memory(name, plan)
        return self._memories[name, plan]

    def _compute_memory(self, name: str, plan: str) -> str:
        instrument = self._settings.instruments.get(name, InstrumentSettings())
        content = {
            "plan": plan,
            "interval": self._settings.ingestion.interval,
            "validation": self._common["validation"],
            "instrument": instrument.model_dump(mode="json", exclude=CLASS),
        }
        text = ENGINE_VERSION.encode() + msgspec.json.encode(content, order="deterministic")
        return hashlib.sha256(text).hexdigest()[:16]

    def _compute(self, name: str, defaults: Profile) -> str:
        instrument = self._settings.instruments.get(name, InstrumentSettings())
        content: dict[str, object] = self._common | {"instrument": instrument.model_dump(mode="json", exclude=CLASS)}
        if self._costs:
            costs = self._settings.execution.costs(defaults)
            content["costs"] = [float(costs["fee"]), float(costs["slip"])]
        parameters = msgspec.json.encode(content, order="deterministic")
        return fingerprint(f"{ENGINE_VERSION} {FEATURE_SET_VERSION}", parameters)
