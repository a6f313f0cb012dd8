"""The values of each profile: starting points, not final values.

The thresholds are measured (`make profiles`): on real series of shares, indices, coins, currencies and futures, each
regime opens positions on 1 to 10 % of its bars at 1m, 5m, 1h and 1d, wherever there are 300 of them. The rest are
round figures of the class.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeVar

from worker.engine.profiles.currencies import EXPONENTS

Name = Literal["equity", "crypto", "fx", "futures"]
Scores = tuple[float, float, float, float, float, float]
T = TypeVar("T")
BUDGET = 100_000.0  # US dollars, or the same order of magnitude in another quote


class Profile(NamedTuple):
    """Defaults of one asset class, by the names of the settings that they replace."""

    budget: float  # quote currency
    sigma_target: float
    vol_gate: float
    liquidity: float
    year_days: float
    day_hours: float
    half_spread_bps: float
    slippage_bps: float
    fee_bps: float
    participation: float
    enter_score: Scores


EQUITY = Profile(
    budget=BUDGET,
    sigma_target=0.15,
    vol_gate=2.0,
    liquidity=0.01,
    year_days=252.0,
    day_hours=6.5,
    half_spread_bps=1.0,
    slippage_bps=2.0,
    fee_bps=5.0,
    participation=0.10,
    enter_score=(0.24, 0.60, 0.60, 0.29, 0.21, 0.35),
)
# Round the clock; an exchange's taker fees; volatility four times that of an index.
CRYPTO = EQUITY._replace(
    sigma_target=0.40,
    year_days=365.0,
    day_hours=24.0,
    slippage_bps=3.0,
    fee_bps=10.0,
    enter_score=(0.24, 0.66, 0.66, 0.29, 0.18, 0.35),
)
# Five days of 24 hours. Volume is a count of ticks, or absent: it limits nothing.
FX = EQUITY._replace(
    sigma_target=0.10,
    liquidity=0.0,
    year_days=260.0,
    day_hours=24.0,
    half_spread_bps=0.5,
    slippage_bps=0.5,
    fee_bps=0.25,
    participation=0.0,
    enter_score=(0.24, 0.55, 0.55, 0.29, 0.18, 0.35),
)
FUTURES = EQUITY._replace(
    year_days=252.0,
    day_hours=23.0,
    half_spread_bps=0.5,
    slippage_bps=1.0,
    fee_bps=0.5,
    enter_score=(0.24, 0.50, 0.50, 0.29, 0.18, 0.35),
)

PROFILES: dict[Name, Profile] = {"equity": EQUITY, "crypto": CRYPTO, "fx": FX, "futures": FUTURES}
NAMES: tuple[Name, ...] = tuple(PROFILES)

# The settings that a profile supplies where none is given: section of `engine`, name.
PROFILED: dict[str, tuple[str, ...]] = {
    "risk": ("budget", "sigma_target", "vol_gate", "liquidity", "year_days", "day_hours"),
    "execution": ("half_spread_bps", "slippage_bps", "fee_bps", "participation"),
    "decision": ("enter_score",),
}

# One row per class and order of magnitude of the quote; the first is an equity in dollars.
KEYS: tuple[tuple[Name, int], ...] = tuple(
    (name, exponent) for name in NAMES for exponent in sorted(EXPONENTS, key=lambda e: (e != 0, e))
)


def profile(name: Name, exponent: int) -> Profile:
    """Return the defaults of a class whose quote is worth 10^`exponent` dollars."""
    found = PROFILES[name]
    # Only positive powers are exact.
    budget = found.budget / 10.0**exponent if exponent > 0 else found.budget * 10.0**-exponent
    return found._replace(budget=budget)


def either(given: T | None, default: T) -> T:
    """Return the given value, else the class's."""
    return default if given is None else given


def rows() -> list[Profile]:
    """Return the defaults of every row of the kernels' tables, in the order of `KEYS`."""
    return [profile(*key) for key in KEYS]
