"""What is configured for a symbol, and its asset class, as the row that kernels read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import INSTRUMENT
from worker.engine.settings import EngineSettings, InstrumentSettings

LOOKED_UP = ("calendar", "class_row")  # rows of tables
NAMELESS = ""  # a symbol that nothing is known of


class InstrumentRows:
    """Rows (`bar.INSTRUMENT`) of the symbols in `keys`, by slot."""

    def __init__(self, settings: EngineSettings, keys: Mapping[int, bytes]) -> None:
        self._settings, self._keys = settings, keys
        self._own: dict[str, NDArray[Any]] = {}  # of symbols that are configured
        self._shared: dict[int, NDArray[Any]] = {}  # of the others, by class
        self._plain = settings.asset_of(NAMELESS).row
        self.default = self._row(InstrumentSettings(), self._plain)

    def own(self, slot: int) -> NDArray[Any] | None:
        """That of the slot's symbol; None when the default is."""
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
