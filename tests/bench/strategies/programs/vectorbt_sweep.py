"""Many pairs of averages that cross, in vectorbt: closed trades and the Sharpe ratio of each.

    python vectorbt_sweep.py BARS.npz < pairs.json > found.json

Pairs are {"pairs": [[fast, slow], ...], "begin": bar, "share": of the budget, "budget": ..., "fee": ...}.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import vectorbt as vbt


def main() -> None:
    """Two matrices of averages and one call for all pairs, on its Rust engine: its fastest way."""
    given = json.load(sys.stdin)
    with np.load(sys.argv[1]) as bars:
        close, opened = pd.Series(bars["close"]), pd.Series(bars["open"])
    fast, slow = (vbt.MA.run(close, window=list(windows)) for windows in zip(*given["pairs"], strict=True))
    up, down = (side.vbt.fshift(1, fill_value=False) for side in (fast.ma_above(slow), fast.ma_below(slow)))
    up.iloc[: given["begin"] + 1] = down.iloc[: given["begin"] + 1] = False
    size = np.floor(given["share"] * given["budget"] / close + 1e-9).shift(1)
    portfolio = vbt.Portfolio.from_signals(
        close,
        entries=up,
        short_entries=down,
        price=opened,
        size=size,
        size_type="amount",
        upon_opposite_entry="reverse",
        fees=given["fee"],
        init_cash=10.0 * given["budget"],
        freq="1D",
    )
    trades, sharpe = portfolio.trades.closed.count(), portfolio.sharpe_ratio()
    json.dump({"trades": trades.tolist(), "sharpe": sharpe.tolist()}, sys.stdout)


if __name__ == "__main__":
    main()
