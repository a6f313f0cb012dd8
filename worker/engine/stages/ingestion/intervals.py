"""The bar lengths of symbols whose records state none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from worker.engine.records.key_table import KeyIndex
from worker.engine.records.raw import RawRecords


class Intervals:
    """Bar lengths in ms: `own` by symbol, and `default` for all others."""

    def __init__(self, own: Mapping[str, int], default: int) -> None:
        self._own, self._default = own, default
        self._index = KeyIndex([symbol.encode() for symbol in own])
        self._lengths = np.array([*own.values(), default], np.int64)

    def of(self, symbol: str | None) -> int:
        """Of one symbol, or of a record without any."""
        return self._own.get(symbol or "", self._default)

    def of_keys(self, raw: RawRecords) -> NDArray[np.int64]:
        """Of records whose keys are their symbols."""
        return self._lengths[self._index.places(raw)]  # where a key has no place, -1 is the default's
