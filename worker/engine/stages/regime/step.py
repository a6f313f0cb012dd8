"""The market regime: two axes, the crisis override, and the commitment to a code (domain §5)."""

from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.regime import crisis, trend, turbulence, volatility
from worker.engine.stages.regime.codes import CRISIS, HIGH_VOL, RANGE, TREND_DOWN, TREND_UP, UNKNOWN, VOL_HIGH

STATE = np.dtype(
    [
        ("trend", trend.STATE),
        ("volatility", volatility.STATE),
        ("crisis", crisis.STATE),
        ("turbulence", turbulence.STATE),
        ("code", "i8"),  # the committed regime
        ("age", "i8"),  # bars since its commitment, that bar included
        ("candidate", "i8"),  # the raw code of the last bars
        ("run", "i8"),  # number of those bars
    ],
    align=True,
)
OUTPUT = np.dtype(
    [
        ("code", "u1"),
        ("vol_bucket", "u1"),
        ("age", "i8"),
        ("p_turb", "f8"),
        ("typical", "f8"),  # median of vol_yz_20 over the symbol's last 250 bars before this one; NaN = not ready
    ],
    align=True,
)


@embedded
def raw_code(own: Any, features: Any) -> int:
    """Return the code of this bar alone."""
    if own.crisis.active:
        return CRISIS
    if not trend.ready(features):
        return UNKNOWN
    if own.trend.trending and own.trend.sign != 0:
        return TREND_UP if own.trend.sign > 0 else TREND_DOWN
    return HIGH_VOL if own.volatility.bucket == VOL_HIGH else RANGE


@embedded
def commit(own: Any, raw: int, p: Any) -> None:
    """Commit a raw code as the regime after `commit_bars` consecutive bars, a crisis at once."""
    own.run = own.run + 1 if raw == own.candidate else 1
    own.candidate = raw
    own.age += 1
    if raw != own.code and (raw == CRISIS or own.run >= p.commit_bars):
        own.code = raw
        own.age = 1


@embedded
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any) -> None:
    """Advance the regime of one symbol by its current bar; read `out.features`."""
    own, features = state.regime, out.features
    row = at(state.history, 0)
    close = row.close
    if trend.ready(features):
        trend.update(own.trend, close, features, p)
    volatility.classify(own.volatility, features.vol_yz_20, p)
    typical = volatility.typical(own.volatility)
    crisis.update(own.crisis, crisis.condition(close, typical, features, p), p)
    volatility.store(own.volatility, features.vol_yz_20)
    commit(own, raw_code(own, features), p)
    out.regime.code = own.code
    out.regime.vol_bucket = own.volatility.bucket
    out.regime.age = own.age
    out.regime.typical = typical
    out.regime.p_turb = turbulence.update(own.turbulence, row.logret, p)
