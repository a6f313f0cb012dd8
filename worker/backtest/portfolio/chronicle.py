"""What the monitor saw and did, a row a step, for figures and charts."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.control import Control
from schemas.portfolio import Exposure, Loss, Portfolio, Trip
from worker.backtest.portfolio.overseer import Step
from worker.risk.book.account import day_of
from worker.risk.figures.kupiec import likelihood_ratio
from worker.risk.rules.desk import ALL
from worker.risk.rules.limits import NONE, Limits, of
from worker.risk.settings import RiskSettings

STEPS = np.dtype(
    [
        ("ts", "i8"),  # epoch ms UTC
        ("equity", "f8"),  # the portfolio's currency
        ("gross", "f8"),  # held, fraction of the equity, as all that follow
        ("net", "f8"),  # signed
        ("gross_ordered", "f8"),  # once the orders for the next open are filled
        ("net_ordered", "f8"),
        ("var99", "f8"),
        ("es99", "f8"),
        ("drawdown", "f8"),
        ("day_return", "f8"),
        ("risk_mult", "f8"),  # in force after the step, as all that follow
        ("allow_open", "?"),
        ("kill", "?"),
        ("capped", "i8"),  # symbols with a largest notional
    ]
)
DAYS = np.dtype([("ts", "i8"), ("realised", "f8"), ("var99", "f8"), ("exceeded", "?")])
LISTED = 1_000  # trips with all their figures: the newest
_control = msgspec.json.Decoder(Control).decode
Rows = NDArray[Any]


class Chronicle:
    """The rows so far."""

    def __init__(self, risk: RiskSettings) -> None:
        self._risk, self._rows = risk, list[tuple[Any, ...]]()
        self._limits: dict[str, Limits] = {}
        self._trips = list[tuple[int, Trip]]()
        self._rules, self._blocking = Counter[str](), Counter[str]()
        self._controls = 0

    def add(self, step: Step) -> None:
        """Take a step. A repetition is none: it adds no row."""
        for key, value in step.output.controls:
            self._limits[key] = NONE if value is None else of(_control(value))
        self._controls += len(step.output.controls)
        told = step.portfolio
        if told.entered.repeated_ms is not None:
            return
        self._trips += [(told.ts, trip) for trip in told.trips]
        del self._trips[:-LISTED]
        self._rules.update(trip.rule for trip in told.trips)
        self._blocking.update({reason.partition(":")[0] for reason in told.blocking})
        self._rows.append(self._row(told))

    @property
    def steps(self) -> Rows:
        """All steps, STEPS of shape (n,)."""
        return np.array(self._rows, STEPS)

    @property
    def days(self) -> Rows:
        """The UTC days that began with a value at risk, DAYS of shape (n,)."""
        return days(self.steps)

    def summary(self) -> dict[str, Any]:
        """Return what `metrics.json` says of the portfolio's risk."""
        rows, each, risk = self.steps, self.days, self._risk
        last = rows[-1] if len(rows) else np.zeros(1, STEPS)[0]
        exceeded = int(each["exceeded"].sum())
        return {
            "currency": risk.currency,
            "capital": risk.capital,
            "equity": float(last["equity"]) if len(rows) else risk.capital,
            "steps": len(rows),
            "control_records": self._controls,
            "largest": {
                name: {"figure": _largest(np.abs(rows[column])), "limit": limit}
                for name, column, limit in (
                    ("gross", "gross_ordered", risk.max_gross),
                    ("net", "net_ordered", risk.max_net),
                    ("var99", "var99", risk.max_var99),
                    ("es99", "es99", risk.max_es99),
                    ("drawdown", "drawdown", risk.drawdown_hard),
                )
            }
            | {"day_loss": {"figure": _largest(-rows["day_return"]), "limit": risk.day_kill}},
            "trips": dict(sorted(self._rules.items())),
            "steps_without_opens": int((~rows["allow_open"]).sum()),
            "steps_killed": int(rows["kill"].sum()),
            "blocking": dict(sorted(self._blocking.items())),
            "var99_days": len(each),
            "var99_exceedances": exceeded,
            "kupiec": likelihood_ratio(len(each), exceeded) if len(each) else None,
            "newest_trips": [{"ts": ts} | msgspec.to_builtins(trip) for ts, trip in self._trips],
        }

    def _row(self, told: Portfolio) -> tuple[Any, ...]:
        common = self._limits.get(ALL, NONE)
        return (
            told.ts,
            told.equity.equity,
            _known(told.held.gross),
            _signed(told.held),
            _known(told.ordered.gross),
            _signed(told.ordered),
            _larger(told.var99),
            _larger(told.es99),
            told.equity.drawdown,
            told.equity.day_return,
            common.risk_mult,
            common.allow_open,
            common.kill == "close_all",
            sum(one.max_notional is not None for key, one in self._limits.items() if key != ALL),
        )


def days(steps: Rows) -> Rows:
    """Return the days of steps: what each lost or gained, and the value at risk with which it began."""
    if not len(steps):
        return np.zeros(0, DAYS)
    day = np.array([day_of(ts) for ts in steps["ts"].tolist()])
    last = np.flatnonzero(np.diff(day, append=day[-1:] + 1))
    found = np.zeros(len(last), DAYS)
    found["ts"], found["realised"] = steps["ts"][last], steps["day_return"][last]
    found["var99"][1:] = steps["var99"][last[:-1]]
    found["exceeded"] = found["realised"] < -found["var99"]
    kept: Rows = found[found["var99"] > 0.0]
    return kept


def _known(share: float | None) -> float:
    return np.nan if share is None else share


def _signed(found: Exposure) -> float:
    return math.copysign(_known(found.net), found.net_notional)


def _larger(loss: Loss) -> float:
    return float(np.fmax(_known(loss.parametric), _known(loss.historical)))


def _largest(values: NDArray[np.float64]) -> float:
    return float(np.nanmax(values, initial=0.0))
