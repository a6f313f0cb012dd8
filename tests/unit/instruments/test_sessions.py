"""With the example's calendar, twenty years of real hourly bars show no false gap and no expired reference."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import lean
from tests.support.drive import Symbol
from worker.engine.reasons import Reject
from worker.engine.settings import EngineSettings
from worker.instruments import load_engine

EXAMPLE = Path(__file__).parents[3] / "examples" / "instruments.toml"
# Bars after a hole that is one: the late opening of 2002-09-11, the trading halt of 2013-08-22, the months until VXX
# came back under its old name in 2019. All others follow rejected bars (splits, bad wicks), which are missing too.
HOLES = {
    "spy": ["2002-09-11T11:00"],
    "aapl": [
        "2000-06-21T11:00",
        "2000-09-29T11:00",
        "2002-09-11T10:00",
        "2005-02-28T11:00",
        "2009-09-21T10:00",
        "2010-08-31T15:00",
        "2011-01-03T14:00",
        "2013-08-22T15:00",
        "2014-06-09T11:00",
        "2020-08-31T11:00",
    ],
    "vxx": [
        "2010-11-09T11:00",
        "2012-10-05T11:00",
        "2013-11-08T11:00",
        "2016-08-09T11:00",
        "2017-08-23T11:00",
        "2019-05-02T09:00",
    ],
}


@cache
def settings() -> EngineSettings:
    return load_engine({"instruments_file": str(EXAMPLE)})


@cache
def masks(symbol: str, *, calendar: bool) -> Any:
    """Quality codes of the accepted hourly bars, and their times."""
    engine = settings()
    row = engine.validation.calendar_row(engine.instruments[symbol.upper()].calendar) if calendar else -1
    bars = lean.equity(symbol, "hour")
    found = Symbol(engine.validation, calendar=row).feed(bars)["validation"]
    return found["mask"][found["accepted"]], bars["ts"][found["accepted"]]


def marked(symbol: str, *codes: Reject, calendar: bool) -> list[str]:
    """Times of the bars with one of the codes."""
    mask, ts = masks(symbol, calendar=calendar)
    wanted = np.uint64(sum(1 << code for code in codes))
    return [str(np.datetime64(int(t), "ms"))[:16] for t in ts[(mask & wanted) != 0]]


@pytest.mark.parametrize("symbol", HOLES)
def test_gaps_are_holes_in_a_session_only(symbol: str) -> None:
    assert len(marked(symbol, Reject.gap, Reject.gap_large, calendar=False)) > 2_000
    assert marked(symbol, Reject.gap, Reject.gap_large, calendar=True) == HOLES[symbol]


@pytest.mark.parametrize("symbol", HOLES)
def test_no_reference_expires_while_the_market_is_closed(symbol: str) -> None:
    expired = ["2019-05-02T09:00"] if symbol == "vxx" else []
    assert marked(symbol, Reject.reference_expired, calendar=True) == expired
