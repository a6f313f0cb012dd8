"""Prices in units of a billionth are told by all numbers, whatever stands among them."""

from __future__ import annotations

import numpy as np
import pytest

from worker.errors import DataError
from worker.sources.tables.ticks import TickPrices

UNITS = [41_150_000_000.0, 41_900_000_000.0]


def test_units_of_a_billionth_are_refused() -> None:
    ticks = TickPrices(False)
    ticks.weigh(np.array(UNITS))
    with pytest.raises(DataError, match="look like units of a billionth"):
        ticks.scale("ABC.parquet", None)


@pytest.mark.parametrize("other", [np.inf, -np.inf, np.nan, 41_150_000_000.5])
def test_a_number_that_is_not_whole_shows_prices(other: float) -> None:
    ticks = TickPrices(False)
    ticks.weigh(np.array([*UNITS, other]))
    assert ticks.scale("ABC.parquet", None) == 1.0
