"""Allowed values of options; a test compares them with the lists that define them.

They are repeated here so that `--help` and completion don't wait for the modules of those lists.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Action(StrEnum):
    """Action of a decision."""

    hold = "hold"
    open_long = "open_long"
    open_short = "open_short"
    close = "close"
    reduce = "reduce"
    increase = "increase"
    reverse = "reverse"


class Regime(StrEnum):
    """Regime of the market at a decision."""

    unknown = "unknown"
    trend_up = "trend_up"
    trend_down = "trend_down"
    range = "range"
    high_vol = "high_vol"
    crisis = "crisis"


class Dataset(StrEnum):
    """Data sets of bars that come with a package."""

    sp500 = "sp500"
    nasdaq = "nasdaq"


Guarantee = Literal["exactly_once", "at_least_once"]
TableFormat = Literal["parquet", "arrow", "csv"]
SchemaName = Literal[
    "tick",
    "decision",
    "rejection",
    "control",
    "portfolio",
    "audit",
    "alert",
    "message",
    "delivery",
    "snapshot",
    "asyncapi",
]
Acknowledged = Literal["kill", "unreadable"]
GatewayRole = Literal["read", "operate", "admin"]
Kind = Literal["best", "gbdt", "logistic"]
Rank = Literal["sharpe", "total_return"]
Calibration = Literal["auto", "platt", "isotonic", "none"]


def codes() -> tuple[str, ...]:
    """Return the reject and quality codes."""
    from worker.engine.reasons import Reject

    return tuple(code.name for code in Reject)


def reasons() -> tuple[str, ...]:
    """Return the reason codes of decisions."""
    from worker.engine.reasons import Reason

    return tuple(reason.name for reason in Reason)


def features() -> tuple[str, ...]:
    """Return the features that a model may read."""
    from worker.engine.stages.features import FEATURE_NAMES

    return tuple(FEATURE_NAMES)


RepeatedHour = Literal["first", "second"]
