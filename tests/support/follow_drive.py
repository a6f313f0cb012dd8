"""Drives the deciding stages behind a strategy that says what a test tells it to say."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.decide_drive import Desk, DeskParams, params
from worker.engine.asking.intent import OK
from worker.engine.asking.settings import StrategyParams, StrategySettings
from worker.engine.asking.standing import STANDING
from worker.engine.kernel import kernel
from worker.engine.scoring.model import select_model
from worker.engine.stages import decision, execution, risk, signal, sizing
from worker.engine.stages.decision import following


class FollowParams(NamedTuple):
    """Parameters of the stages behind a strategy."""

    execution: execution.Params
    signal: signal.Params
    risk: risk.Params
    sizing: sizing.Params
    decision: decision.Params
    strategy: StrategyParams


def follow_params(given: DeskParams | None = None, **strategy: Any) -> FollowParams:
    """Parameters as `decide_drive.params`, and those of a strategy."""
    return FollowParams(*(given or FREE), StrategySettings(name="told", **strategy).params())


# No costs, no limits: what a fill does can be read from the prices.
FREE = params(
    costs=execution.Settings(
        half_spread_bps=0, slippage_bps=0, fee_bps=0, participation=0, cool_down_bars=0, stop_cool_down_bars=0
    ),
    limits=risk.Settings(budget=1_000_000, position_limit=10, liquidity=0, vol_gate=1000),
)


@kernel
def _run(carries: Any, standings: Any, insts: Any, bars: Any, outs: Any, told: Any, p: Any) -> None:
    state, standing, inst, bar, out = carries[0], standings[0], insts[0], bars[0], outs[0]
    following.begin(out.said)
    select_model(out.model, out.learning)
    execution.step(state, standing, inst, bar, out, p.execution)
    signal.step(state, inst, bar, out, p.signal)
    if not out.calibration.calibrated:
        out.calibration.confidence = out.signal.conf_raw
    risk.step(state, inst, bar, out, p.risk)
    intent, word = out.said.intent, told[0]
    for k in range(word.given.size):
        if word.given[k]:
            _say(intent, k, word.values[k])
    intent.status = word.status
    following.check(state, standing, bar, inst, intent)
    following.follow(state, standing, inst, bar, out, p)


NUMBERS = ("side", "qty", "share", "risk", "strength", "stop", "target", "entry", "price", "bars", "resize", "tag")
WORD = np.dtype([("status", "i8"), ("given", "u1", (len(NUMBERS),)), ("values", "f8", (len(NUMBERS),))], align=True)


@kernel
def _say(intent: Any, which: int, value: float) -> None:
    if which == 0:
        intent.side = np.int64(value)
    elif which == 1:
        intent.qty = value
    elif which == 2:
        intent.share = value
    elif which == 3:
        intent.risk = value
    elif which == 4:
        intent.strength = value
    elif which == 5:
        intent.stop = value
    elif which == 6:
        intent.target = value
    elif which == 7:
        intent.entry = np.int64(value)
    elif which == 8:
        intent.price = value
    elif which == 9:
        intent.bars = np.int64(value)
    elif which == 10:
        intent.resize = np.int64(value)
    else:
        intent.tag = np.int64(value)


class FollowDesk(Desk):
    """One symbol whose strategy says what `bar` is told; without a word it keeps what there is."""

    def __init__(self, p: FollowParams | None = None, inst: NDArray[Any] | None = None, warm: bool = True) -> None:
        super().__init__(FREE, inst, warm)
        self.follow = p or follow_params()
        self.standings = np.zeros(1, STANDING)
        self.told = np.zeros(1, WORD)

    def say(self, **fields: Any) -> Any:
        """One bar with what the strategy says at its close: fields of INTENT; the others are the bar's."""
        self.told[:] = 0
        self.told["status"] = fields.pop("status", OK)
        for k, name in enumerate(NUMBERS):
            if name in fields:
                self.told["given"][0, k], self.told["values"][0, k] = True, fields.pop(name)
        return self.bar(**fields)

    def _step(self, bars: NDArray[Any], outs: NDArray[Any]) -> None:
        _run(self.carry, self.standings, self.inst, bars, outs, self.told, self.follow)
        self.said = outs[0]["said"]

    @property
    def standing(self) -> Any:
        """How the pending order enters."""
        return self.standings[0]

    @property
    def status(self) -> int:
        """Status of the last bar's answer."""
        return int(self.said["intent"]["status"])
