"""Drives validation and normalization over the bars of one symbol, as the engine does: judge, push, normalize."""

from __future__ import annotations

from typing import Any

import numpy as np

from worker.engine import history
from worker.engine.bar import BAR, INSTRUMENT
from worker.engine.elementary import log
from worker.engine.kernel import kernel
from worker.engine.stages import normalization, validation

Array = np.ndarray[Any, np.dtype[Any]]

DERIVED = np.dtype(
    [
        ("history", history.STATE),
        ("validation", validation.STATE),
        ("normalization", normalization.STATE),
        ("decided", validation.DECIDED),
    ],
    align=True,
)
OUT = np.dtype([("validation", validation.OUTPUT), ("normalization", normalization.OUTPUT)], align=True)


def _span(name: str) -> tuple[int, int]:
    fields = DERIVED.fields
    assert fields is not None
    dtype, start = fields[name][:2]
    return start, start + dtype.itemsize


# What an accepted level shift clears: everything that is rolling but the references of validation.
CLEARED = np.array([_span("history"), _span("normalization")], dtype=np.int64)


@kernel
def _push(state, bar, high, low):  # type: ignore[no-untyped-def]
    past, logret = state.history, np.nan
    if past.count > 0:
        previous = history.at(past, 0).close
        if previous > 0 and bar.close > 0:
            logret = log(bar.close / previous)
    history.push(past, bar.ts, bar.open, high, low, bar.close, bar.volume, logret)


@kernel
def _drive(states, raw, instruments, bars, outs, cleared, p, q, trust):  # type: ignore[no-untyped-def]
    for i in range(bars.size):
        high, low = bars[i].high, bars[i].low
        if not trust:
            validation.step(states[0], states[0], instruments[0], bars[i], outs[i], p)
            verdict = outs[i].validation
            if not verdict.accepted:
                continue
            high, low = verdict.high, verdict.low
            if verdict.shift:
                for j in range(cleared.shape[0]):
                    raw[cleared[j, 0] : cleared[j, 1]] = 0
        _push(states[0], bars[i], high, low)
        normalization.step(states[0], instruments[0], bars[i], outs[i], q)


class Symbol:
    """One symbol's state and settings; `feed` gives the outputs of the bars in order.

    `trust`: take every bar as accepted, so that normalization meets series that validation would not let pass.
    """

    def __init__(
        self,
        settings: validation.Settings | None = None,
        normalizer: normalization.Settings | None = None,
        *,
        trust: bool = False,
        **instrument: float,
    ) -> None:
        self.p = (settings or validation.Settings()).params()
        self.q = (normalizer or normalization.Settings()).params()
        self.trust = trust
        self.instrument = np.zeros(1, INSTRUMENT)
        self.instrument["calendar"] = -1
        for name, value in instrument.items():
            self.instrument[name] = value
        self.state = np.zeros(1, DERIVED)

    def feed(self, bars: Array) -> Array:
        """Outputs of `bars` (dtype BAR), one row each; normalization's part is zero for rejected bars."""
        assert bars.dtype == BAR
        outs = np.zeros(bars.size, OUT)
        raw = self.state.view(np.uint8)
        _drive(self.state, raw, self.instrument, bars, outs, CLEARED, self.p, self.q, self.trust)
        return outs


def bits(rows: Array) -> bytes:
    """All values of `rows`, field by field; unlike `tobytes` of a copy it is blind to the padding between fields."""
    if rows.dtype.names is None:
        return rows.tobytes()
    return b"".join(bits(rows[name]) for name in rows.dtype.names)


def make_bars(
    close: Array, *, interval_ms: int = 60_000, start: int = 1_700_000_040_000, volume: Array | float = 1_000.0
) -> Array:
    """Bars with these closes on a regular grid: each opens at the last close, with narrow wicks."""
    close = np.asarray(close, dtype=np.float64)
    bars = np.zeros(close.size, BAR)
    bars["ts"] = start + interval_ms * np.arange(close.size)
    bars["interval_ms"] = interval_ms
    bars["ingest_ts"] = bars["ts"] + interval_ms
    bars["close"] = close
    bars["open"] = np.concatenate([close[:1], close[:-1]])
    bars["high"] = np.maximum(bars["open"], close) + 1e-3 * np.abs(close)
    bars["low"] = np.minimum(bars["open"], close) - 1e-3 * np.abs(close)
    bars["volume"] = volume
    return bars
