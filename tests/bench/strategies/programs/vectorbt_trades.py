"""The strategies that are signals alone in vectorbt.

    python vectorbt_trades.py SERIES.npz < cases.json > trades.json

Cases and trades are those of `backtesting_trades.py`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

FAST, SLOW, SHARE = 13, 50, 0.5
SHOWN = 12  # runs between two lines of progress


def next_open(at_close: Any, otherwise: Any) -> Any:
    """What a close has decided, at the bar that fills it."""
    return at_close.shift(1, fill_value=otherwise)


def played(rule: str, bars: Any, begin: int, units: int, budget: float, fee: float) -> list[list[float]]:
    """The closed trades of one rule on one series."""
    close = pd.Series(bars["close"])
    fast, slow = (vbt.MA.run(close, window=window).ma for window in (FAST, SLOW))
    said = pd.Series(np.arange(len(close)) >= begin)
    up, down = next_open((fast > slow) & said, False), next_open((fast < slow) & said, False)
    sides = {"short_entries": down} if rule == "sma_cross" else {"exits": down}
    portfolio = vbt.Portfolio.from_signals(
        close,
        entries=up,
        **sides,
        price=pd.Series(bars["open"]),
        size=next_open(np.floor(SHARE * budget / close + 1e-9), np.nan),
        size_type="amount",
        upon_opposite_entry="reverse",
        fees=fee,
        init_cash=10.0 * budget,
        freq="1h",
    )
    rows = portfolio.trades.records
    rows = rows[rows["status"] == 1]  # closed
    side = np.where(rows["direction"] == 0, 1, -1)
    columns = ("entry_idx", "exit_idx", None, "size", "entry_price", "exit_price", "pnl")
    return np.column_stack([side if name is None else rows[name] for name in columns]).tolist()  # type: ignore[no-any-return]


def main() -> None:
    """Play all cases of standard input; say on the error stream how far it is."""
    cases, found = json.load(sys.stdin), {}
    with np.load(sys.argv[1]) as series:
        for number, (rule, market, *given) in enumerate(cases, 1):
            found[f"{rule} {market}"] = played(rule, series[market], *given)
            if not number % SHOWN or number == len(cases):
                print(f"  {number} of {len(cases)} runs", file=sys.stderr, flush=True)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
