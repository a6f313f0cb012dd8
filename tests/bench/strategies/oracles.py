"""The oracles, and what they say."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.oracle import Oracle
from tests.bench.strategies.cases import BEGIN, BUDGET, FEE, Case
from tests.bench.strategies.markets import series
from tests.bench.strategies.trades import Trade

HERE = Path(__file__).parent
BACKTESTING = Oracle(HERE, "backtesting", "backtesting.py 0.6.6 (AGPL-3.0) with TA-Lib 0.8.2", "15 seconds, 200 MB")
VECTORBT = Oracle(
    HERE,
    "vectorbt",
    "vectorbt 1.2.0 with its Rust engine (Apache-2.0 with Commons Clause)",
    "1 to 2 minutes, 700 MB",
)


def trades_of(oracle: Oracle, program: str, cases: Sequence[Case]) -> dict[str, list[Trade]]:
    """Its trades of each case, by the case's name.

    Raises:
        Failed: it ended with an error.
    """
    given = json.dumps([[case.rule, case.market, BEGIN, case.units, BUDGET, FEE] for case in cases])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "series.npz"
        bars: dict[str, Any] = {case.market: series(case.market) for case in cases}
        np.savez(file, **bars)
        found = json.loads(oracle.run(program, str(file), given=given))
    return {name: [Trade(*row) for row in rows] for name, rows in found.items()}
