"""What is configured for a symbol, as the row that kernels read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import INSTRUMENT
from worker.engine.settings import EngineSettings, InstrumentSettings


class InstrumentRows:
    """Rows (`bar.INSTRUMENT`) of the symbols in `keys`, by slot."""

    def __init__(self, settings: EngineSettings, keys: Mapping[int, bytes]) -> None:
        self._settings, self._keys = settings, keys
        self._rows: dict[str, NDArray[Any]] = {}
        self.default = self._row(InstrumentSettings())

    def own(self, slot: int) -> NDArray[Any] | None:
        """That of the slot's symbol; None when it has none of its own."""
        symbol = self._keys[slot].decode(errors="replace")
        given = self._settings.instruments.get(symbol)
        if given is None:
            return None
        if symbol not in self._rows:
            self._rows[symbol] = self._row(given)
        return self._rows[symbol]

    def _row(self, given: InstrumentSettings) -> NDArray[Any]:
        row = np.zeros(1, INSTRUMENT)
        for field in INSTRUMENT.names or ():
            if field != "calendar":
                row[field] = getattr(given, field)
        row["calendar"] = self._settings.validation.calendar_row(given.calendar)
        return row[0]  # type: ignore[no-any-return]
