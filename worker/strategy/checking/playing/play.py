"""A market through the engine with a strategy, as one partition: what is published, and what it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.partition import PartitionEngine
from worker.engine.pipeline import OUTPUT
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded
from worker.engine.strategy.hooked import Hooked
from worker.strategy.checking.playing.market import Market, extras

PARTS = ("said", "decision", "execution")  # of the output row
PUBLISHED = np.dtype([("accepted", "?"), *((part, OUTPUT[part]) for part in PARTS)], align=True)


class Played(NamedTuple):
    """The rows that were played, and the strategy's own state of each symbol after its last bar."""

    rows: NDArray[Any]  # PUBLISHED
    states: dict[bytes, NDArray[Any]]  # (1,)


def play(settings: EngineSettings, strategy: Hooked | None, market: Market, cuts: Sequence[int] = ()) -> Played:
    """Play a market from nothing, in batches that end at `cuts`."""
    engine = PartitionEngine(settings, strategy=strategy)
    begin, found = 0, np.zeros(len(market), PUBLISHED)
    for stop in [*cuts, len(market)]:
        step(engine, market, begin, stop, found[begin:stop])
        begin = stop
    own = None if strategy is None else strategy.own
    return Played(found, {} if own is None else states(engine, market, own))


def step(engine: PartitionEngine, market: Market, begin: int, stop: int, found: NDArray[Any]) -> None:
    """Play some rows of a market, and write what is published of them into `found` (PUBLISHED)."""
    outs = engine.step(market.keys[begin:stop], decoded(engine, market.rows[begin:stop].copy()))
    found["accepted"] = outs["validation"]["accepted"]
    for part in PARTS:
        found[part] = outs[part]


def decoded(engine: PartitionEngine, bars: NDArray[Any]) -> Decoded:
    """Return bars as if decoded, with the extra columns that the engine takes."""
    return Decoded(bars, {}, np.ones(len(bars), np.bool_), {}, extras(bars, len(engine.extra)))


def states(engine: PartitionEngine, market: Market, own: np.dtype[Any]) -> dict[bytes, NDArray[Any]]:
    """Return the strategy's own state by symbol."""
    found = {}
    for symbol in market.symbols:
        slot = engine.symbols.get(symbol)
        kept = None if slot is None else engine.export(slot).strategy
        if kept is not None:
            found[symbol] = np.frombuffer(kept.own, own)
    return found
