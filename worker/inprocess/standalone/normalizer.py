"""`DataNormalizer`: the engine's normalization by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from worker.engine.bar import INSTRUMENT
from worker.inprocess.point import DataPoint
from worker.inprocess.reader import NUMBERS, PointReader, key_of
from worker.inprocess.standalone.kernels import NORMALIZATION, NORMALIZED, normalize
from worker.instruments import load_engine


class DataNormalizer:
    """Normalization of each symbol's points by the symbol's own window. Give it accepted points only.

    `method` is `zscore`, `minmax` or `robust`; `engine` may hold sections of the engine's settings.

    Raises:
        ConfigError: a value is invalid.
    """

    def __init__(
        self, method: str = "zscore", window_size: int = 100, min_data_points: int = 20, **engine: Mapping[str, Any]
    ) -> None:
        given = {"method": method, "window": window_size, "min_points": min_data_points}
        settings = load_engine(engine | {"normalization": {**engine.get("normalization", {}), **given}})
        self._reader = PointReader(settings)
        self._params = settings.normalization.params()
        self._symbols: dict[bytes, np.ndarray[Any, Any]] = {}
        self._instrument = np.zeros(1, INSTRUMENT)

    def normalize_data_point(self, point: DataPoint) -> dict[str, float] | None:
        """Return open, high, low, close and volume on the window's scale; None before `min_data_points`.

        Raises:
            ValueError: the point lacks five finite numbers; the window stays unchanged.
        """
        decoded, out = self._reader.read((point,)), np.zeros(1, NORMALIZED)
        numbers = (float(decoded.bars[name][0]) for name in NUMBERS)
        if decoded.bars["mask"][0] or not all(map(math.isfinite, numbers)):
            raise ValueError(f"not a bar of finite numbers: {decoded.details.get(0, point)}")
        key = key_of(point)
        if key not in self._symbols:
            self._symbols[key] = np.zeros(1, NORMALIZATION)
        normalize(self._symbols[key], self._instrument, decoded.bars, out, self._params)
        row = out["normalization"][0]
        return {name: float(row[name]) for name in NUMBERS} if row["ready"] else None
