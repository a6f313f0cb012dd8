"""The bar lengths of symbols whose records state none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from worker.engine.key_table import KeyTable
from worker.engine.raw import RawRecords


class Intervals:
    """Bar lengths in ms: `own` by symbol, and `default` for all others."""

    def __init__(self, own: Mapping[str, int], default: int) -> None:
        self._own, self._default = own, default
        self._lengths = np.array([*own.values(), default], np.int64)
        self._table = KeyTable(1 << len(own).bit_length())
        for slot, symbol in enumerate(own):
            self._table.put(symbol.encode(), slot)

    def of(self, symbol: str | None) -> int:
        """Of one symbol, or of a record without any."""
        return self._own.get(symbol or "", self._default)

    def of_keys(self, raw: RawRecords) -> NDArray[np.int64]:
        """Of records that compiled code has read; their keys are symbols."""
        found = np.empty(len(raw), np.int64)
        row = self._table.find(raw, np.zeros(len(raw), np.bool_), found)
        assert row == len(raw), "the scanner reads no record whose key the table can't look up"
        return self._lengths[found]  # none is -1: the last one
