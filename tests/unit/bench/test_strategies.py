"""Trades of strategies are those that an oracle has had, and the comparison sees what is not."""

from __future__ import annotations

import pytest

from tests.bench.strategies.cases import EVENTS, SIGNALS, Case
from tests.bench.strategies.comparing import compare
from tests.bench.strategies.expected import KEPT, expected
from tests.bench.strategies.ours import played
from tests.bench.strategies.targets import TARGETS
from tests.bench.strategies.trades import Fill, Trade, differences, lots
from tests.bench.targets import missed, show

TRADE = Trade(3, 7, 1, 10.0, 100.0, 101.0, 8.0)


def test_every_strategy_is_kept() -> None:
    assert [case.rule for case in KEPT] == [*SIGNALS, *EVENTS]
    assert all(len(trades) > 50 for trades in expected().values())


@pytest.mark.parametrize("case", KEPT, ids=lambda case: case.rule)
def test_trades_are_those_of_backtesting(case: Case) -> None:
    assert differences(case.name, played(case, "python"), expected()[case.name])[:3] == []


def test_compiled_trades_are_those_of_backtesting() -> None:
    (found,) = compare("kept", KEPT[:1], expected(), "compiled")
    assert (found.trades, found.differing) == (len(expected()[KEPT[0].name]), ())


@pytest.mark.parametrize(
    "other",
    [
        TRADE._replace(entered=4),
        TRADE._replace(left=8),
        TRADE._replace(side=-1),
        TRADE._replace(qty=9.0),
        TRADE._replace(entry=100.000001),
        TRADE._replace(exit=100.999999),
        TRADE._replace(pnl=8.00001),
    ],
)
def test_another_trade_is_a_difference(other: Trade) -> None:
    assert len(differences("x", [TRADE], [other])) == 1


def test_a_trade_too_much_or_missing_is_a_difference() -> None:
    later = TRADE._replace(entered=9, left=10)
    assert [each.theirs for each in differences("x", [TRADE, later], [TRADE])] == [None]
    assert [each.ours for each in differences("x", [TRADE], [TRADE, later])] == [None]
    assert differences("x", [later, TRADE], [TRADE, later]) == []


def test_lots_are_left_in_the_order_of_their_entries() -> None:
    fills = [Fill(1, 10.0, 100.0), Fill(2, 5.0, 110.0), Fill(3, -12.0, 120.0), Fill(4, -6.0, 130.0), Fill(5, 3.0, 90.0)]
    assert lots(fills, 0.0) == [
        Trade(1, 3, 1, 10.0, 100.0, 120.0, 200.0),
        Trade(2, 3, 1, 2.0, 110.0, 120.0, 20.0),
        Trade(2, 4, 1, 3.0, 110.0, 130.0, 60.0),
        Trade(4, 5, -1, 3.0, 130.0, 90.0, 120.0),
    ]
    assert lots([Fill(0, -4.0, 10.0), Fill(1, 4.0, 5.0)], 0.01) == [Trade(0, 1, -1, 4.0, 10.0, 5.0, 19.4)]


FIGURES = {
    "trades_compared": 4_000.0,
    "trades_differing": 0.0,
    "check_faults_found": 12.0,
    "call_ns": 20.0,
    "compile_s": 2.0,
    "overhead_ratio": 1.15,
    "python_us_per_bar": 15.0,
    "sweep_s": 5.0,
    "vectorbt_sweep_s": 5.0,
}


@pytest.mark.parametrize(
    ("name", "value", "late"),
    [
        ("trades_compared", 3_999.0, ["trades_compared"]),
        ("trades_differing", 1.0, ["trades_differing"]),
        ("check_faults_found", 11.0, ["check_faults_found"]),
        ("call_ns", 20.1, ["call_ns"]),
        ("overhead_ratio", float("nan"), ["overhead_ratio"]),
        ("vectorbt_sweep_s", 4.9, ["sweep_s"]),
        ("vectorbt_sweep_s", 50.0, []),
    ],
)
def test_a_figure_beyond_its_target_is_missed(
    name: str, value: float, late: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert missed(TARGETS, FIGURES) == []
    figures = FIGURES | {name: value}
    assert missed(TARGETS, figures) == late
    show(TARGETS, figures)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.endswith("MISSED")]
    assert [line.split()[0] for line in lines] == late
