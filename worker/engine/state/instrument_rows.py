"""Instruments of symbols, with their asset classes, as the rows that kernels read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import INSTRUMENT
from worker.engine.settings import EngineSettings, InstrumentSettings

LOOKED_UP = ("calendar", "class_row")  # row numbers of tables
NAMELESS = ""  # a symbol without any information


class InstrumentRows:
    """Rows (`bar.INSTRUMENT`) of the symbols in `keys`, by slot."""

    def __init__(self, settings: EngineSettings, keys: Mapping[int, bytes]) -> None:
        self._settings, self._keys = settings, keys
        self._own: dict[str, NDArray[Any]] = {}  # of configured symbols
        self._shared: dict[int, NDArray[Any]] = {}  # of the others, by class
        self._plain = settings.asset_of(NAMELESS).row
        self.default = self._row(InstrumentSettings(), self._plain)

    def own(self, slot: int) -> NDArray[Any] | None:
        """Return the row of the slot's symbol; None for the default."""
        symbol = self._keys[slot].decode(errors="replace")
        given = self._settings.instruments.get(symbol)
        if given is not None:
            if symbol not in self._own:
                self._own[symbol] = self._row(given, self._settings.asset_of(symbol).row)
            return self._own[symbol]
        class_row = self._settings.asset_of(symbol).row
        if class_row == self._plain:
            return None
        if class_row not in self._shared:
            self._shared[class_row] = self._row(InstrumentSettings(), class_row)
        return self._shared[class_row]

    def _row(self, given: InstrumentSettings, class_row: int) -> NDArray[Any]:
        row = np.zeros(1, INSTRUMENT)
        for field in INSTRUMENT.names or ():
            if field not in LOOKED_UP:
                row[field] = getattr(given, field)
        row["calendar"] = self._settings.validation.calendar_row(given.calendar)
        row["class_row"] = class_row
        return row[0]  # type: ignore[no-any-return]
