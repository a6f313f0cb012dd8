"""`DataValidator`: the engine's validation by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from worker.engine.reasons import codes
from worker.engine.state.symbols import Symbols
from worker.inprocess.point import DataPoint, DataQuality
from worker.inprocess.reader import PointReader, key_of
from worker.inprocess.standalone.kernels import VALIDATED, VALIDATION, validate
from worker.instruments import load_engine

Rows = np.ndarray[Any, Any]


class DataValidator:
    """Validation of points one after another; keeps the references of each symbol for its next point.

    The arguments are the engine's settings of these names; `validation` may hold others, `engine` other sections.

    Raises:
        ConfigError: a value is invalid.
    """

    def __init__(
        self,
        max_price_change: float = 0.5,
        min_volume: float = 0.0,
        max_volume_multiplier: float = 100.0,
        **engine: Mapping[str, Any],
    ) -> None:
        given = {
            "max_price_change": max_price_change,
            "min_volume": min_volume,
            "max_volume_multiplier": max_volume_multiplier,
        }
        settings = load_engine(engine | {"validation": {**engine.get("validation", {}), **given}})
        self._reader = PointReader(settings)
        self._params = settings.validation.params()
        self._instruments = Symbols(settings)
        self._symbols: dict[bytes, tuple[Rows, Rows]] = {}  # state and instrument, one row each

    def validate_data_point(self, point: DataPoint) -> tuple[bool, DataQuality, str]:
        """Return (accepted, level, found codes joined by `;`). An invalid point changes no reference."""
        decoded, out = self._reader.read((point,)), np.zeros(1, VALIDATED)
        key = key_of(point)
        state, instrument = self._symbols.get(key) or self._new(key)
        validate(state, instrument, decoded.bars, out, self._params)
        judged = out["validation"][0]
        if judged["accepted"]:
            self._symbols[key] = state, instrument
        return bool(judged["accepted"]), DataQuality(int(judged["level"])), ";".join(codes(int(judged["mask"])))

    def _new(self, key: bytes) -> tuple[Rows, Rows]:
        # The engine's own way from settings to an instrument; give the slot back, since the state is kept here.
        [slot], new = self._instruments.slots([key], [True])
        instrument = self._instruments.instruments[slot : slot + 1].copy()
        self._instruments.forget_unused(new)
        return np.zeros(1, VALIDATION), instrument
