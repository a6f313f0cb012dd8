"""Asks a strategy bar by bar as the engine does, with a broker that fills everything at the close."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.indicators_drive import judged
from worker.engine.asking.intent import INTENT, KEEP, MARKET, NO_TAG, UNSAID, Status
from worker.engine.bar import INSTRUMENT
from worker.engine.pipeline import OUTPUT
from worker.engine.state.layout import CARRY
from worker.engine.strategy.hooked import Observation

C = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 9)
SILENT = np.zeros(1, INTENT)
SILENT["side"], SILENT["entry"], SILENT["bars"], SILENT["strength"], SILENT["tag"] = KEEP, MARKET, 1, 1.0, NO_TAG
for _name in ("qty", "share", "risk"):
    SILENT[_name] = UNSAID
for _name in ("stop", "target", "price", "notes"):
    SILENT[_name] = np.nan


class Asked(NamedTuple):
    """What was said at each bar, the statuses, and the user's state after each."""

    intents: NDArray[Any]
    statuses: list[int]
    own: list[bytes]


def outputs(bars: NDArray[Any]) -> NDArray[Any]:
    """Output rows with numbers in all that a step can read."""
    rng, outs = np.random.default_rng(9), judged(bars)
    for name in OUTPUT["features"].names or ():
        outs["features"][name] = rng.normal(size=len(bars))
    outs["regime"]["p_turb"], outs["model"]["prob"] = rng.random((2, len(bars)))
    outs["timeframes"]["direction"] = rng.normal(size=(len(bars), 5))
    outs["timeframes"]["age_ms"] = rng.integers(0, 10**7, (len(bars), 5))
    return outs


def ask(hooked: Any, bars: NDArray[Any]) -> Asked:
    """The answers over the bars of one symbol."""
    n, outs, bars = len(bars), outputs(bars), bars.copy()
    memory, own = np.zeros((1, hooked.words)), np.zeros(max(-(-hooked.own.itemsize // 8), 1), np.uint64)
    values, was = np.zeros((2, n, hooked.columns))
    instruments, carry, intents = np.zeros(1, INSTRUMENT), np.zeros(1, CARRY), np.repeat(SILENT, n)
    slots = np.zeros(n, np.int64)
    hooked.observe(Observation(np.arange(n), slots, bars, outs, memory, values, was, instruments))
    step, found = C(hooked.address), Asked(intents, [], [])
    for i in range(n):
        before = own.copy()
        status = step(
            carry.ctypes.data,
            instruments.ctypes.data,
            *(bars.ctypes.data + i * bars.itemsize, outs.ctypes.data + i * outs.itemsize),
            *(values.ctypes.data + i * values.strides[0], was.ctypes.data + i * was.strides[0]),
            *(own.ctypes.data, intents.ctypes.data + i * intents.itemsize, hooked.params.ctypes.data),
        )
        if status != Status.ok:
            own[:] = before
            intents[i] = SILENT[0]
        found.statuses.append(status)
        found.own.append(own.tobytes())
        if i + 1 < n:
            _fill(carry[0]["position"], outs[i + 1]["execution"]["trade"], intents[i], float(bars[i]["close"]))
    return found


def _fill(position: Any, trade: Any, intent: Any, close: float) -> None:
    position["bars_held"] += 1
    if not np.isnan(intent["stop"]):
        position["stop"] = intent["stop"]
    if intent["side"] not in (KEEP, position["side"]):
        trade["closed"] = position["side"] != 0
        trade["pnl"] = position["side"] * (close - position["entry"])
        position["side"], position["entry"], position["bars_held"] = intent["side"], close, 0
