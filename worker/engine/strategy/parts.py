"""The parts of a plan's memory that another plan may have too, so that what they have seen goes on."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.strategy.hooked import Part
from worker.engine.strategy.indicators.advance import INDICATOR_SET_VERSION
from worker.engine.strategy.plan import Plan

PLACES = ("out", "a", "b", "c", "d")


def parts(plan: Plan) -> list[Part]:
    """Return one part a timeframe: its indicators read nothing else, and share its count of bars."""
    heads = plan.timeframes["head"].tolist()
    return [
        Part(
            _fingerprint(plan, timeframe, end - timeframe["head"]), int(timeframe["head"]), int(end - timeframe["head"])
        )
        for timeframe, end in zip(plan.timeframes, [*heads[1:], plan.words], strict=True)
    ]


def _fingerprint(plan: Plan, timeframe: Any, words: int) -> str:
    head = timeframe["head"]
    nodes, columns = plan.nodes[timeframe["first"] : timeframe["last"]].copy(), timeframe["columns"].copy()
    for places in (*(nodes[name]["at"] for name in PLACES), columns["at"], nodes["own"]):
        _relate(places, head)
    content = (INDICATOR_SET_VERSION, int(words), int(timeframe["length"]), nodes.tolist(), columns.tolist())
    return hashlib.sha256(repr((nodes.dtype.descr, content)).encode()).hexdigest()[:16]


def _relate(places: NDArray[np.int64], head: int) -> None:
    # A place is never 0, where the first head lies: there a node reads nothing, or a column is not kept.
    places[places > 0] -= head
