"""Profiles on series: each regime opens positions on 1 to 10 % of its bars at 1m, 5m, 1h and 1d.

Generated markets are always there; the real ones are read where they lie beside the repository.
"""

from __future__ import annotations

import pytest

from tests.bench.profiles import FEW, LEAST, MOST, verdict
from tests.support import lean
from tests.support.profile_generated import SYMBOLS, generated
from tests.support.profile_series import INTERVALS, real
from tests.support.profile_shares import Cell, Measured, measured
from worker.engine.settings import EngineSettings

REGIMES = ("trend_up", "trend_down", "range", "high_vol")
# On real bars of the shared folder; its coins have 216 hours, and a few days of minutes make few bars of 5 minutes.
JUDGED = {
    **{(market, "1m"): 4 for market in ("crypto", "equity", "index")},
    **{(market, "1d"): 4 for market in ("equity", "index")},
    **{(market, "1h"): 4 for market in ("equity", "index")},
    ("crypto", "5m"): 3,
    ("equity", "5m"): 1,
    ("index", "5m"): 1,
    ("crypto", "1d"): 3,
}


@pytest.fixture(scope="module")
def made() -> Measured:
    """What the generated markets open."""
    return measured(generated(), EngineSettings())


@pytest.fixture(scope="module")
def found() -> Measured:
    """What the real series open."""
    lean.shared()
    return measured(real(), EngineSettings())


def outside(cells: dict[tuple[str, str, str], Cell]) -> dict[tuple[str, str, str], float]:
    """Those of enough bars whose share is none of 1 to 10 %."""
    return {key: cell.share for key, cell in cells.items() if verdict(cell) == "outside"}


def test_on_generated_markets_each_regime_opens_on_1_to_10_percent_of_its_bars(made: Measured) -> None:
    cells = {key: cell for key, cell in made.cells.items() if key[2] in REGIMES}
    assert len(cells) == len(SYMBOLS) * len(INTERVALS) * len(REGIMES)
    assert all(cell.bars >= FEW for cell in cells.values())
    assert outside(cells) == {}


def test_on_real_series_each_regime_opens_on_1_to_10_percent_of_its_bars(found: Measured) -> None:
    cells = {key: cell for key, cell in found.cells.items() if key[2] in REGIMES}
    for (market, interval), least in JUDGED.items():
        mine = [cell for key, cell in cells.items() if key[:2] == (market, interval)]
        assert sum(cell.bars >= FEW for cell in mine) >= least, (market, interval)
    assert outside(cells) == {}


def test_no_gate_shuts_a_market_out(found: Measured, made: Measured) -> None:
    for blocked in (*found.blocked.values(), *made.blocked.values()):
        shares = {gate.reason: gate.share or 0.0 for gate in blocked.gates}
        assert shares.get("vol_gate", 0.0) < 0.35
        assert blocked.opened > 0


def test_nothing_opens_in_a_crisis(found: Measured) -> None:
    crisis = [cell for key, cell in found.cells.items() if key[2] == "crisis"]
    assert sum(cell.bars for cell in crisis) > 1_000
    assert sum(cell.opened for cell in crisis) == 0


@pytest.mark.parametrize(
    ("bars", "opened", "word"),
    [(FEW - 1, 0, "few bars"), (1_000, 9, "outside"), (1_000, 10, "ok"), (1_000, 100, "ok"), (1_000, 101, "outside")],
)
def test_a_share_is_judged_where_there_are_bars(bars: int, opened: int, word: str) -> None:
    assert (LEAST, MOST) == (0.01, 0.10)
    assert verdict(Cell(bars, opened)) == word
