"""The risk section of the page draws what the monitor's records say."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.portfolio import Portfolio
from tests.support.crash import CRASH
from tests.unit.backtest.portfolio.portfolios import CALM, crashing
from worker.backtest.portfolio.chronicle import DAYS, STEPS, days
from worker.backtest.portfolio.run import Manner, portfolio_backtest
from worker.backtest.report import risk as drawn
from worker.backtest.report.risk import spans
from worker.engine.settings import EngineSettings

_portfolio = msgspec.json.Decoder(Portfolio).decode


def test_a_portfolios_page_shows_its_risk(tmp_path: Path) -> None:
    _, metrics = portfolio_backtest(crashing(), EngineSettings(), Manner(CALM, 1), tmp_path, 1, lambda _: None)
    text = (tmp_path / "report.html").read_text()
    told = msgspec.json.decode(re.search(r'id="data">(.*?)</script>', text, re.DOTALL).group(1))["risk"]  # type: ignore[union-attr]
    records = [_portfolio(line) for line in (tmp_path / "portfolio.jsonl").read_bytes().splitlines()]
    steps = [one for one in records if one.entered.repeated_ms is None]
    assert told["lines"]["gross"]["t"] == [one.ts for one in steps]
    assert told["lines"]["gross"]["v"] == [float(f"{100.0 * (one.ordered.gross or 0.0):.6g}") for one in steps]
    assert told["lines"]["drawdown"]["v"] == [float(f"{-100.0 * one.equity.drawdown:.6g}") for one in steps]
    killed = [one.ts for one in steps if "kill: day" in one.blocking]
    assert told["killed"] == [[killed[0], next(one.ts for one in steps if one.ts > killed[-1])]]
    assert killed[0] == CRASH + 60_000
    assert told["limits"]["gross"] == 100.0 * CALM.max_gross
    assert [one["rule"] for one in told["figures"]["newest_trips"]] == [
        trip.rule for one in steps[::-1] for trip in one.trips[::-1]
    ]
    risk = metrics["risk"]
    assert risk["steps"] == len(steps)
    assert risk["trips"]["day"] == 1
    assert risk["steps_killed"] == len(killed)
    assert risk["largest"]["day_loss"]["figure"] == -min(one.equity.day_return for one in steps)
    assert risk["control_records"] == len((tmp_path / "journal.jsonl").read_bytes().splitlines())
    assert risk["var99_days"] == len(told["days"]["t"]) == 0  # all was closed at midnight
    assert 'id="risk-exposure"' in text


def test_a_day_is_compared_with_the_value_at_risk_that_it_began_with() -> None:
    steps = np.zeros(6, STEPS)
    steps["ts"] = np.array([12, 24, 36, 48, 60, 72]) * 3_600_000  # midnight ends a day
    steps["var99"] = [0.01, 0.02, 0.5, 0.03, 0.5, 0.5]
    steps["day_return"] = [0.0, -0.09, 0.01, -0.021, -0.01, -0.03]
    found = days(steps)
    assert found["ts"].tolist() == [48 * 3_600_000, 72 * 3_600_000]
    assert found["realised"].tolist() == [-0.021, -0.03]
    assert found["var99"].tolist() == [0.02, 0.03]
    assert found["exceeded"].tolist() == [True, False]
    assert days(steps[:0]).dtype == DAYS


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 8))
def test_spans_cover_all_that_is_on(on: list[bool], most: int) -> None:
    flags, ts = np.array(on, np.bool_), np.cumsum(np.arange(len(on)) % 5 + 1)
    kept, drawn.SPANS = drawn.SPANS, most
    try:
        found = spans(ts, flags)
    finally:
        drawn.SPANS = kept
    runs = sum(now and not before for before, now in pairwise([False, *on]))
    assert len(found) == min(runs, most)
    assert all(begin <= end for begin, end in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for at in np.flatnonzero(flags).tolist():
        assert any(begin <= ts[at] <= end for begin, end in found)
    if runs <= most:
        covered = [any(begin <= when < end for begin, end in found) for when in ts.tolist()]
        assert covered[:-1] == on[:-1]
