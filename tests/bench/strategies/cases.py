"""What is played by both: eight strategies over all series, with the settings under which others fill as we do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.strategies.markets import NAMES, series

RULES = Path(__file__).with_name("rules")
BUDGET = 1_000_000.0
FEE = 0.001
BEGIN = 100  # the first bar with a say: all indicators are known
# For tests only: fills without spread and slippage, and no limit of ours that others do not know.
PROFILE: dict[str, Any] = {
    "execution": {
        "half_spread_bps": 0,
        "slippage_bps": 0,
        "fee_bps": FEE * 1e4,
        "participation": 0,
        "cool_down_bars": 0,
        "stop_cool_down_bars": 0,
        "gap": "fill",
    },
    "risk": {
        "budget": BUDGET,
        "dd_soft": 0.98,
        "dd_hard": 1.0,
        "dd_spent": 0.0,
        "position_limit": 10,
        "max_notional": 1e15,
        "liquidity": 0,
        "vol_gate": 1000,
    },
}
EVENTS = ("limit_entry", "stop_entry", "resized", "moved", "rsi_bracket", "donchian_trail")  # against backtesting.py
SIGNALS = ("sma_cross", "sma_long")  # against both


# Rules whose orders are of so many units at the first bar with a say, fraction of the budget.
SIZED = {"limit_entry": 0.2, "stop_entry": 0.2, "resized": 0.1, "moved": 0.2}


class Case(NamedTuple):
    """One strategy on one series."""

    rule: str
    market: str

    @property
    def name(self) -> str:
        return f"{self.rule} {self.market}"

    @property
    def begin(self) -> int:
        """Time of the first bar with a say."""
        return int(series(self.market)["ts"][BEGIN])

    @property
    def units(self) -> int:
        """Of its orders; 0 where the rule sizes them."""
        return int(SIZED.get(self.rule, 0.0) * BUDGET / series(self.market)["close"][BEGIN])

    @property
    def parameters(self) -> dict[str, int]:
        """Of our strategy."""
        return {"begin": self.begin} | ({"qty": self.units} if self.units else {})


def cases(rules: tuple[str, ...]) -> Iterator[Case]:
    """These strategies on all series."""
    for rule in rules:
        for market in NAMES:
            yield Case(rule, market)
