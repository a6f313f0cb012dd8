"""What a call of a compiled step costs, with what guards it: the state kept for an exception, the status read."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tests.bench.strategies.cases import RULES
from worker.engine.asking.ask import Hook, ask
from worker.engine.asking.intent import INTENT, OK
from worker.engine.asking.standing import STANDING
from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.kernel import kernel
from worker.engine.pipeline import OUTPUT
from worker.engine.state.layout import CARRY
from worker.strategy.describing.source import from_file
from worker.strategy.loading import load

CALLS, ROUNDS = 1_000_000, 9


@kernel
def _asked(hook, standings, carries, insts, bars, outs, intents, times):  # type: ignore[no-untyped-def]
    ok = 0
    for _ in range(times):
        ask(hook, standings[0], 0, 0, carries[0], insts[0], bars[0], outs[0], intents[0])
        ok += intents[0].status == OK
    return ok


@kernel
def _not_asked(standings, intents, times):  # type: ignore[no-untyped-def]
    ok = 0
    for i in range(times):
        intents[0].status = i & OK
        ok += intents[0].status == OK
    return ok


def call_ns() -> float:
    """CPU ns of one call of the step of two averages: the least of some rounds, less what the loop itself takes."""
    strategy = load(from_file(RULES / "sma_cross.py"), {})
    standings, carries, insts = np.zeros(1, STANDING), np.zeros(1, CARRY), np.zeros(1, INSTRUMENT)
    bars, outs, intents = np.zeros(1, BAR), np.zeros(1, OUTPUT), np.zeros(1, INTENT)
    values = np.array([[101.0, 100.0]])
    own = np.zeros((1, max(-(-strategy.own.itemsize // 8), 1)), np.uint64)
    params: Any = np.ascontiguousarray(strategy.params)
    hook = Hook(strategy.address, standings, own, own[0].copy(), values, values, params.ctypes.data)
    given = (hook, standings, carries, insts, bars, outs, intents)
    if _asked(*given, 1) != 1:
        raise RuntimeError("the step did not answer")
    calls = min(_spent(lambda: _asked(*given, CALLS)) for _ in range(ROUNDS))
    loop = min(_spent(lambda: _not_asked(standings, intents, CALLS)) for _ in range(ROUNDS))
    return (calls - loop) / CALLS


def _spent(call: Any) -> int:
    begun = time.process_time_ns()
    call()
    return time.process_time_ns() - begun
