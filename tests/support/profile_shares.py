"""How often each regime opens positions, by market and interval."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from tests.support.profile_series import Series
from worker.engine.blocks import Blocks, blocks, tally, verdicts
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings
from worker.engine.stages.decision import Action
from worker.engine.stages.regime import Regime

SLICE = 4_096
OPENS = (Action.open_long, Action.open_short)
TRADED = (Regime.unknown, Regime.trend_up, Regime.trend_down, Regime.range, Regime.high_vol)


class Cell(NamedTuple):
    """One regime at one interval of one market, over bars whose signal is ready."""

    bars: int
    opened: int

    @property
    def share(self) -> float:
        """Of the bars that opened a position; NaN without any."""
        return self.opened / self.bars if self.bars else float("nan")


class Measured(NamedTuple):
    """Cells by (market, interval, regime), and what blocked by (market, interval)."""

    cells: Mapping[tuple[str, str, str], Cell]
    blocked: Mapping[tuple[str, str], Blocks]


def measured(series: Iterable[Series], settings: EngineSettings) -> Measured:
    """Run each series through the engine from an empty state."""
    engine = PartitionEngine(settings)
    bars, opened = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    counts: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for one in series:
        engine.begin_anew()
        for start in range(0, len(one.bars), SLICE):
            outs = engine.step_key(one.symbol.encode(), one.bars[start : start + SLICE])
            outs = outs[outs["validation"]["accepted"] & outs["signal"]["ready"]]
            opens = np.isin(outs["decision"]["action"], OPENS)
            for code in Regime:
                mine = outs["regime"]["code"] == code
                key = one.market, one.interval, code.name
                bars[key] += int(mine.sum())
                opened[key] += int((mine & opens).sum())
            counts[one.market, one.interval].update(tally(verdicts(outs)))
    return Measured(
        {key: Cell(bars[key], opened[key]) for key in bars},
        {key: blocks(found) for key, found in counts.items()},
    )
