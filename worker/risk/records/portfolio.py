"""The portfolio's record of a step; its numbers are rounded here, the state keeps full precision."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from schemas import SCHEMA_VERSION
from schemas import portfolio as schema
from worker.engine.rounding import decimals, significant
from worker.risk import measure
from worker.risk.book.account import Account
from worker.risk.book.book import Result
from worker.risk.figures import exposure
from worker.risk.measure import Measured
from worker.risk.rules.rules import Wanted
from worker.risk.rules.trip import Trip

LINES = 100
DIGITS, PLACES = 10, 6


class Step(NamedTuple):
    """Which step it is, and what entered it."""

    number: int
    ts: int
    cut: list[int]
    entered: schema.Entered
    unreadable: int


def amount(value: float) -> float:
    """Round an amount."""
    return float(significant(value, DIGITS))


def ratio(value: float) -> float:
    """Round a fraction."""
    return float(decimals(value, PLACES))


def share(value: float) -> float | None:
    """Round a fraction of the equity; None where there is no equity."""
    return ratio(value) if math.isfinite(value) else None


def record(
    step: Step,
    measured: Measured,
    account: Account,
    result: Result,
    wanted: Wanted,
    trips: list[Trip],
    multiplier: float,
    written: list[schema.Written],
) -> schema.Portfolio:
    """Return the record of a step."""
    losses, held = measured.losses, measured.held
    return schema.Portfolio(
        schema_version=SCHEMA_VERSION,
        number=step.number,
        ts=step.ts,
        cut=step.cut,
        entered=step.entered,
        equity=_equity(account, result),
        held=_exposure(measured.exposure_held, measured.equity),
        ordered=_exposure(measured.exposure, measured.equity),
        var99=schema.Loss(share(losses.parametric.var), share(losses.historical.var)),
        es99=schema.Loss(share(losses.parametric.es), share(losses.historical.es)),
        shrinkage=ratio(measured.model.delta),
        unmodelled=[held.symbols[at] for at in _without(measured)],
        groups=[_joint(one, measured) for one in measured.groups],
        clusters=[_joint(one, measured) for one in measured.clusters],
        lines=_lines(measured),
        concentration=schema.Concentration(
            ratio(measured.concentration.hhi),
            ratio(measured.concentration.positions),
            [held.symbols[at] for at in measured.concentration.top],
        ),
        kupiec=schema.Kupiec(
            len(account.exceeded),
            sum(account.exceeded),
            None if account.kupiec is None else ratio(account.kupiec),
        ),
        load=share(wanted.load),
        multiplier=ratio(multiplier),
        blocking=wanted.blocking,
        warnings=wanted.warnings,
        trips=[schema.Trip(one.rule, one.key, share(one.figure), one.limit, amount(one.base)) for one in trips],
        unreadable=step.unreadable,
        written=written,
    )


def _equity(account: Account, result: Result) -> schema.Equity:
    return schema.Equity(
        equity=amount(account.equity),
        realised=amount(result.realised),
        unrealised=amount(result.unrealised),
        peak=amount(account.peak),
        drawdown=ratio(account.drawdown),
        day_base=amount(account.day_base),
        day_return=ratio(account.day_return),
        turnover=share(account.turnover),
    )


def _exposure(found: exposure.Exposure, equity: float) -> schema.Exposure:
    gross, net = found.shares(equity)
    return schema.Exposure(amount(found.gross), amount(found.net), share(gross), share(net))


def _joint(one: measure.Joint, measured: Measured) -> schema.Joint:
    return schema.Joint(one.name, share(one.share), [measured.held.symbols[at] for at in one.places.tolist()])


def _without(measured: Measured) -> list[int]:
    found: list[int] = np.setdiff1d(np.arange(len(measured.held.symbols)), measured.model.modelled).tolist()
    return found


def _lines(measured: Measured) -> list[schema.Line]:
    largest = np.sort(np.argsort(-measured.shares, kind="stable")[:LINES])
    signs = np.sign(measured.held.ordered)
    return [
        schema.Line(
            measured.held.symbols[at],
            share(float(signs[at] * measured.shares[at])),
            ratio(float(measured.losses.components[at])),
        )
        for at in largest.tolist()
    ]
