"""Drives the deciding stages alone: rows of inputs as `observe` would leave them, one symbol, one loop."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.hooking import NOBODY
from worker.engine.kernel import kernel
from worker.engine.reasons import Reason
from worker.engine.scoring.model import OUTPUT as MODEL
from worker.engine.scoring.model import select_model
from worker.engine.stages import anomaly, calibration, decision, execution, forecast, learning, risk, signal, sizing
from worker.engine.stages.decision import following
from worker.engine.state.layout import CARRY

DAY_MS = 86_400_000
START_TS = 1_500_000_000_000 // DAY_MS * DAY_MS

VALIDATION = np.dtype(
    [
        ("score", "f8"),
        ("level", "u1"),
        ("high", "f8"),
        ("low", "f8"),
        ("shift", "?"),
        ("expired", "?"),
        ("quarantine", "?"),
    ],
    align=True,
)
FEATURES = np.dtype(
    [
        (name, "f8")
        for name in (
            "ret_1",
            "ema_12",
            "ema_26",
            "macd_hist",
            "rsi_14",
            "atr_14",
            "bb_pctb_20",
            "vol_z_20",
            "vol_yz_20",
        )
    ],
    align=True,
)
PATTERNS = np.dtype([("candle", "f8"), ("breakout", "f8"), ("structure", "f8")], align=True)
REGIME = np.dtype([("code", "u1"), ("p_turb", "f8"), ("typical", "f8")], align=True)
TIMEFRAMES = np.dtype([("mtf", "f8"), ("agreement", "f8")], align=True)
OUT = np.dtype(
    [
        ("control", "i8"),
        ("validation", VALIDATION),
        ("features", FEATURES),
        ("patterns", PATTERNS),
        ("regime", REGIME),
        ("timeframes", TIMEFRAMES),
        ("model", MODEL),
        ("anomaly", anomaly.OUTPUT),
        ("forecast", forecast.OUTPUT),
        ("learning", learning.OUTPUT),
        ("execution", execution.OUTPUT),
        ("signal", signal.OUTPUT),
        ("calibration", calibration.OUTPUT),
        ("risk", risk.OUTPUT),
        ("sizing", sizing.OUTPUT),
        ("decision", decision.OUTPUT),
        ("said", following.OUTPUT),
    ],
    align=True,
)


class DeskParams(NamedTuple):
    """Parameters of the five stages."""

    execution: execution.Params
    signal: signal.Params
    risk: risk.Params
    sizing: sizing.Params
    decision: decision.Params


def params(
    *,
    costs: execution.Settings | None = None,
    weights: signal.Settings | None = None,
    limits: risk.Settings | None = None,
    size: sizing.Settings | None = None,
    rules: decision.Settings | None = None,
    **control: Any,
) -> DeskParams:
    """Default parameters but for what is given; `control` replaces fields of the limits in force."""
    risk_params = (limits or risk.Settings()).params()
    for name, value in control.items():
        risk_params.limits[name] = value
    return DeskParams(
        (costs or execution.Settings()).params(),
        (weights or signal.Settings()).params(),
        risk_params,
        (size or sizing.Settings()).params(),
        (rules or decision.Settings()).params(),
    )


@kernel
def _run(carries: Any, insts: Any, bars: Any, outs: Any, p: Any, standings: Any) -> None:
    state, inst = carries[0], insts[0]
    for i in range(bars.size):
        bar, out = bars[i], outs[i]
        select_model(out.model, out.learning)
        execution.step(state, standings[0], inst, bar, out, p.execution)
        signal.step(state, inst, bar, out, p.signal)
        if not out.calibration.calibrated:
            out.calibration.confidence = out.signal.conf_raw
        risk.step(state, inst, bar, out, p.risk)
        sizing.step(state, inst, bar, out, p.sizing)
        decision.step(state, inst, bar, out, p.decision)


def instrument(**fields: float) -> NDArray[Any]:
    """One instrument row: tick 0.01, lot 1, no minimum, no calendar, but for `fields`."""
    row = np.zeros(1, INSTRUMENT)
    for name, value in {"tick": 0.01, "lot": 1.0, "multiplier": 1.0, "calendar": -1, **fields}.items():
        row[name] = value
    return row


def feature_inputs(final: float, atr: float = 2.0) -> dict[str, float]:
    """Features with every weighted component of the range regime at `final` (|final| < 1), so that the score is it."""
    spread = float(np.arctanh(final)) * (0.0 if np.isnan(atr) else atr)
    return {
        "ema_12": 100.0 + spread,
        "ema_26": 100.0,
        "macd_hist": spread / 4.0,
        "rsi_14": 50.0 - 20.0 * final,
        "bb_pctb_20": (1.0 - final) / 2.0,
    }


class Desk:
    """One symbol's deciding half. `bar()` feeds one bar and returns its output row."""

    def __init__(self, p: DeskParams | None = None, inst: NDArray[Any] | None = None, warm: bool = True) -> None:
        self.carry = np.zeros(1, CARRY)
        self.p = p or params()
        self.inst = instrument() if inst is None else inst
        self.ts = START_TS
        if warm:
            self.carry["risk"]["traded"]["count"] = risk.liquidity.WINDOW
            self.carry["risk"]["traded"]["values"] = 1e9

    def bar(self, final: float = 0.0, close: float = 100.0, **fields: Any) -> Any:
        """One bar in a range regime whose score is `final`; open, high and low follow the close unless given."""
        bars, outs = np.zeros(1, BAR), poisoned(1)
        bar, out = bars[0], outs[0]
        open_ = fields.pop("open", close)
        high, low = fields.pop("high", max(open_, close)), fields.pop("low", min(open_, close))
        volume = fields.pop("volume", 1e7)
        ingest = fields.pop("ingest_ts", self.ts + DAY_MS)
        bars[0] = (self.ts, DAY_MS, ingest, open_, high, low, close, volume, 0)
        out["validation"] = (1.0, 4, high, low, False, False, False)
        atr = fields.get("atr_14", 2.0)
        for name, value in {"atr_14": atr, "vol_yz_20": 0.01, **feature_inputs(final, atr)}.items():
            out["features"][name] = value
        for name in ("ret_1", "vol_z_20"):
            out["features"][name] = np.nan
        for name in PATTERNS.names or ():
            out["patterns"][name] = np.nan
        out["regime"]["code"], out["regime"]["p_turb"], out["regime"]["typical"] = 3, np.nan, 0.01
        out["timeframes"]["mtf"] = out["timeframes"]["agreement"] = np.nan
        for name, value in fields.items():
            place(out, name, value)
        self._step(bars, outs)
        self.ts += DAY_MS
        assert bar["close"] == close
        return out

    def _step(self, bars: NDArray[Any], outs: NDArray[Any]) -> None:
        _run(self.carry, self.inst, bars, outs, self.p, NOBODY.standings)

    @property
    def position(self) -> Any:
        """The virtual position."""
        return self.carry[0]["position"]

    @property
    def pending(self) -> Any:
        """The pending order."""
        return self.carry[0]["pending"]

    @property
    def pnl(self) -> float:
        """Realised and unrealised result."""
        return float(self.position["realised"] + self.position["unrealised"])


def place(out: Any, name: str, value: Any) -> None:
    """Set the input field `name`, whichever part holds it."""
    for part in ("validation", "features", "patterns", "regime", "timeframes", "calibration"):
        if name in (out.dtype[part].names or ()):
            out[part][name] = value
            return
    raise KeyError(name)


def poisoned(n: int) -> NDArray[Any]:
    """Output rows full of garbage but for the row of limits: a stage that leaves a field unwritten is seen."""
    outs = np.full(n * OUT.itemsize, 0xA5, np.uint8).view(OUT)
    for name in ("control", "model", "anomaly", "forecast", "learning", "calibration", "said"):  # as when they are off
        outs[name] = np.zeros((), OUT[name])
    for part, name in (("anomaly", "distance"), *(("forecast", name) for name in forecast.OUTPUT.names or ())):
        outs[part][name] = np.nan
    return outs


def run(carry: NDArray[Any], inst: NDArray[Any], bars: NDArray[Any], outs: NDArray[Any], p: DeskParams) -> None:
    """Drive whole arrays in one call."""
    _run(carry, inst, bars, outs, p, NOBODY.standings)


def reasons(out: Any) -> set[str]:
    """Names of the reasons of a decision."""
    mask = int(out["decision"]["reasons"])
    return {code.name for code in Reason if mask >> code & 1}


def blocking(out: Any) -> str | None:
    """Name of the blocking reason."""
    code = int(out["decision"]["blocking"])
    return None if code < 0 else Reason(code).name


def action(out: Any) -> str:
    """Name of the decided action."""
    return decision.Action(int(out["decision"]["action"])).name


def random_rows(seed: int, n: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """`n` bars of a random walk with random signals, regimes and quality, some shifts, expiries and quarantines."""
    rng = np.random.default_rng(seed)
    bars, outs = np.zeros(n, BAR), poisoned(n)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.02, n)))
    open_ = close * np.exp(rng.normal(0, 0.01, n))
    bars["ts"] = START_TS + DAY_MS * np.arange(n)
    bars["interval_ms"] = DAY_MS
    bars["ingest_ts"] = bars["ts"] + DAY_MS
    bars["open"], bars["close"] = open_, close
    bars["high"] = np.maximum(open_, close) * np.exp(rng.exponential(0.01, n))
    bars["low"] = np.minimum(open_, close) * np.exp(-rng.exponential(0.01, n))
    bars["volume"] = rng.choice([0.0, 50.0, 500.0, 1e5], n, p=[0.02, 0.08, 0.2, 0.7])
    checked = outs["validation"]
    checked["score"] = rng.uniform(0.05, 1.0, n)
    checked["level"] = rng.choice([1, 2, 3, 4], n, p=[0.05, 0.1, 0.2, 0.65])
    checked["high"], checked["low"] = bars["high"], bars["low"]
    checked["shift"] = rng.random(n) < 0.01
    checked["expired"] = ~checked["shift"] & (rng.random(n) < 0.01)
    checked["quarantine"] = checked["shift"] | (rng.random(n) < 0.02)
    signals = np.clip(np.repeat(rng.normal(0, 0.5, n // 8 + 1), 8)[:n] + rng.normal(0, 0.1, n), -0.99, 0.99)
    features = outs["features"]
    features["atr_14"] = 0.02 * close
    features["vol_yz_20"] = rng.uniform(0.005, 0.045, n)
    for i, signal_ in enumerate(signals):
        for name, value in feature_inputs(float(signal_), float(features["atr_14"][i])).items():
            features[name][i] = value
    features["ret_1"], features["vol_z_20"] = rng.normal(0, 0.02, n), rng.normal(0, 2, n)
    for name in ("rsi_14", "atr_14", "vol_z_20"):
        features[name][rng.random(n) < 0.01] = np.nan
    outs["patterns"]["candle"], outs["patterns"]["breakout"] = rng.uniform(-1, 1, n), rng.choice([-1, 0, 1], n)
    outs["patterns"]["structure"] = rng.choice([-1, -0.5, 0, 0.25, 1], n)
    outs["timeframes"]["mtf"] = np.where(rng.random(n) < 0.1, np.nan, rng.uniform(-1, 1, n))
    outs["timeframes"]["agreement"], outs["regime"]["p_turb"] = rng.uniform(0, 1, n), rng.uniform(0, 1, n)
    outs["regime"]["typical"] = np.where(rng.random(n) < 0.1, np.nan, rng.uniform(0.005, 0.04, n))
    outs["regime"]["code"] = np.repeat(rng.integers(0, 6, n // 20 + 1), 20)[:n]
    return bars, outs
