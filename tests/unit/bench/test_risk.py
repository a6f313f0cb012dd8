"""What the portfolio's risk is measured on: a whole state, steps that trip nothing, and figures that have targets."""

from __future__ import annotations

import msgspec

from schemas.portfolio import Portfolio
from tests.bench.risk.costs import costs
from tests.bench.risk.portfolio import Many
from tests.bench.risk.targets import EXACT, TARGETS
from worker.engine.settings import EngineSettings
from worker.risk.figures.covariance import WINDOW
from worker.risk.monitor import Monitor


def test_its_state_can_be_restored_and_the_next_steps_are_the_same() -> None:
    of = Many(40, 10, changing=True)
    output = of.begin().output
    again = Monitor(of.risk, EngineSettings(), of.partitions, dict(output.state))
    assert again.book.returns.count == WINDOW
    for minute in of.minutes(3):
        for one in minute.decisions:
            of.monitor.take(*one)
            again.take(*one)
        assert of.monitor.advance(minute.ts) == again.advance(minute.ts)


def test_nothing_trips_and_all_positions_are_modelled() -> None:
    of = Many(40, 10)
    found = msgspec.json.decode(of.begin().output.portfolio, type=Portfolio)
    assert (found.trips, found.blocking, found.unmodelled) == ([], [], [])
    assert found.concentration.positions > 9.0
    assert found.var99.parametric
    spent = costs(of, 3)
    assert (len(spent.kept), len(spent.rebuilt)) == (3, 0)


def test_every_exact_figure_has_a_target() -> None:
    assert set(TARGETS) > EXACT
