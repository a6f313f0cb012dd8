"""The bar lengths of symbols whose records lack one."""

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
        """Return the length of one symbol, or of a record without a symbol."""
        return self._own.get(symbol or "", self._default)

    def of_keys(self, raw: RawRecords) -> NDArray[np.int64]:
        """Return the lengths of records whose keys are their symbols."""
        return self._lengths[self._index.places(raw)]  # a key without a place is -1, the default's index
