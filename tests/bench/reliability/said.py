"""What the engine said of each accepted bar, and what became of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.lib import recfunctions
from numpy.typing import NDArray

from worker.engine.partition import PartitionEngine
from worker.engine.reasons import Reject, bits
from worker.engine.scoring.labels import HORIZON
from worker.engine.scoring.model import Status
from worker.engine.settings import EngineSettings
from worker.models.scores import Column
from worker.training.samples import round_trip_cost
from worker.training.series import Series

SLICE = 4_096  # bars a step
SYMBOL = "A"  # every series is played under it, with the costs of its class
SUSPECT = np.uint64(bits(Reject.level_shift_accepted, Reject.reference_expired))
RULES = EngineSettings.model_validate({"calibration": {"enabled": True}})
ONLINE = EngineSettings.model_validate({"learning": {"enabled": True}, "calibration": {"enabled": True}})


class Said(NamedTuple):
    """One entry an accepted bar, (n,) each."""

    close_ts: NDArray[np.int64]  # epoch ms
    close: Column
    suspect: NDArray[np.bool_]
    features: NDArray[np.float64]  # (n, all features)
    final: Column
    raw: Column  # confidence before calibration
    confidence: Column  # NaN unless calibrated
    online: Column  # probability of a rise by the symbol's own model, NaN unless it is heard


class Outcomes(NamedTuple):
    """What the next bars brought, (n,) each; windows with a broken reference and moves below the costs say nothing."""

    known: NDArray[np.bool_]
    up: NDArray[np.int64]
    base: Column  # share of rises among the labels known at that bar


def play(rows: NDArray[Any], settings: EngineSettings) -> Said:
    """Bars of one symbol through the engine."""
    engine, parts = PartitionEngine(settings), []
    for start in range(0, len(rows), SLICE):
        part = rows[start : start + SLICE].copy()
        outs = engine.step_key(SYMBOL.encode(), part)
        parts.append(_columns(part, outs))
    return Said(*map(np.concatenate, zip(*parts, strict=True)))


def _columns(bars: NDArray[Any], outs: NDArray[Any]) -> Said:
    kept = outs["validation"]["accepted"]
    bars, outs = bars[kept], outs[kept]
    calibration, model = outs["calibration"], outs["model"]
    return Said(
        bars["ts"] + bars["interval_ms"],
        bars["close"],
        outs["validation"]["mask"] & SUSPECT != 0,
        recfunctions.structured_to_unstructured(outs["features"]),
        outs["signal"]["final"].copy(),
        outs["signal"]["conf_raw"].copy(),
        np.where(calibration["calibrated"], calibration["confidence"], np.nan),
        np.where(model["status"] == Status.ok, model["prob"], np.nan),
    )


def series_of(name: str, said: Said) -> Series:
    """What training learns from."""
    return Series(name, said.close_ts, said.close, said.suspect, said.features)


def outcomes(said: Said) -> Outcomes:
    """Labels of domain §7.4 by plain numpy, and the base rate that was known at each bar."""
    n, ahead = len(said.close), max(len(said.close) - HORIZON, 0)
    known, up = np.zeros(n, bool), np.zeros(n, np.int64)
    moved = np.log(said.close[HORIZON:] / said.close[:ahead])
    suspects = np.concatenate([[0], np.cumsum(said.suspect)])
    clean = suspects[HORIZON + 1 : HORIZON + 1 + ahead] == suspects[1 : 1 + ahead]
    known[:ahead] = clean & (np.abs(moved) > round_trip_cost(RULES, [SYMBOL]))
    up[:ahead] = moved > 0.0
    labels, rises = (np.concatenate([np.zeros(HORIZON), np.cumsum(each)[:ahead]]) for each in (known, known * up))
    return Outcomes(known, up, (rises[:n] + 1.0) / (labels[:n] + 2.0))
