"""The portfolio at a step: which decisions count, positions, orders, results, rates and returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.portfolio import MINUTE, START, Trader, decision
from worker.engine.reasons import Reject
from worker.engine.settings import EngineSettings
from worker.risk.book.book import Book
from worker.risk.settings import RiskSettings

HOUR = 60 * MINUTE


def book(engine: dict[str, Any] | None = None, **risk: Any) -> Book:
    return Book(RiskSettings.model_validate(risk), EngineSettings.model_validate(engine or {}))


def fed(to: Book, *values: bytes, offset: int = 0) -> Book:
    for at, value in enumerate(values, offset):
        assert to.take(at, value)
    return to


def test_the_newest_decision_up_to_the_step_counts() -> None:
    mine = fed(
        book(), *(decision("A", START + at * MINUTE, 100.0 + at, held=10.0 * (at + 1)) for at in range(3))
    )  # closes at 1, 2 and 3 minutes
    mine.advance(0, START + 2 * MINUTE)
    assert mine.held().held.tolist() == [20.0 * 101.0]
    mine.advance(START + 2 * MINUTE, START + 3 * MINUTE)
    assert mine.held().held.tolist() == [30.0 * 102.0]


def test_a_late_decision_counts_in_the_next_step() -> None:
    mine = fed(book(), decision("A", START, 100.0, held=10.0))
    mine.advance(0, START + 5 * MINUTE)
    fed(mine, decision("B", START, 50.0, held=-2.0))
    mine.advance(START + 5 * MINUTE, START + 6 * MINUTE)
    found = mine.held()
    assert (found.symbols, found.held.tolist()) == (["A", "B"], [1_000.0, -100.0])


def test_a_bar_of_a_wrong_clock_waits_and_does_not_come_back() -> None:
    mine = fed(book(), decision("A", START + 10 * HOUR, 500.0, held=1.0), decision("A", START, 100.0, held=2.0))
    mine.advance(0, START + MINUTE)
    assert mine.held().held.tolist() == [200.0]
    assert len(mine.waiting) == 1
    mine.advance(START + MINUTE, START + 11 * HOUR)
    assert mine.held().held.tolist() == [200.0]


@pytest.mark.parametrize(
    ("held", "action", "side", "qty", "ordered"),
    [
        (0.0, "open_long", 1, 3.0, 300.0),
        (0.0, "open_short", -1, 3.0, -300.0),
        (5.0, "close", -1, 5.0, 0.0),
        (5.0, "reduce", -1, 2.0, 300.0),
        (5.0, "increase", 1, 2.0, 700.0),
        (5.0, "reverse", -1, 9.0, -400.0),
        (-5.0, "reverse", 1, 9.0, 400.0),
        (-5.0, "hold", 0, 0.0, -500.0),
    ],
)
def test_orders_for_the_next_open(held: float, action: str, side: int, qty: float, ordered: float) -> None:
    mine = fed(book(), decision("A", START, 100.0, held, action=action, side=side, qty=qty))
    mine.advance(0, START + MINUTE)
    assert mine.held().ordered.tolist() == [ordered]
    assert mine.held().held.tolist() == [held * 100.0]


def test_multiplier_quote_and_group_are_the_instruments() -> None:
    engine = {
        "instruments": {
            "ES": {"multiplier": 50.0, "group": "index"},
            "SAP": {"quote": "EUR", "group": "tech"},
            "7203": {"quote": "JPY"},
            "BARC": {"quote": "GBp"},
            "USDJPY": {"quote": "JPY"},
        }
    }
    mine = book(engine, fx={"EUR": 1.1, "JPY": "1/USDJPY", "GBP": 1.25})
    fed(mine, *(decision(name, START, 200.0, 1.0) for name in ("ES", "SAP", "7203", "BARC", "USDJPY", "BTCUSDT")))
    mine.advance(0, START + MINUTE)
    found = mine.held()
    assert dict(zip(found.symbols, np.round(found.held, 9).tolist(), strict=True)) == {
        "7203": 1.0,
        "BARC": 2.5,
        "BTCUSDT": 200.0,
        "ES": 10_000.0,
        "SAP": 220.0,
        "USDJPY": 1.0,
    }
    assert found.groups == [None, None, None, "index", "tech", None]


def test_a_missing_rate_is_seen() -> None:
    mine = fed(
        book({"instruments": {"SAP": {"quote": "EUR"}}}, fx={"EUR": "EURUSD"}), decision("SAP", START, 50.0, 1.0)
    )
    mine.advance(0, START + MINUTE)
    assert np.isnan(mine.held().rates).tolist() == [True]
    fed(mine, decision("EURUSD", START, 1.2))
    mine.advance(START + MINUTE, START + 2 * MINUTE)
    assert mine.held().held.tolist() == [60.0]


def test_results_add_up_in_the_portfolios_currency() -> None:
    mine = book({"instruments": {"SAP": {"quote": "EUR"}}}, fx={"EUR": 2.0})
    fed(mine, decision("A", START, 100.0, 1.0, realised=-5.0, unrealised=7.0))
    fed(mine, decision("SAP", START, 100.0, 1.0, realised=10.0, unrealised=-1.0))
    mine.advance(0, START + MINUTE)
    assert mine.result() == (15.0, 5.0, 0.0, 0.0)


def test_filled_notional_of_changes_and_of_positions_within_one_bar() -> None:
    mine = fed(
        book(),
        decision("A", START, 100.0, action="open_long", side=1, qty=2.0),
        decision("A", START + MINUTE, 110.0, 2.0, open=101.0, action="reverse", side=-1, qty=5.0),
        decision("A", START + 2 * MINUTE, 90.0, -3.0, open=100.0, action="close", side=1, qty=3.0),
        decision("A", START + 3 * MINUTE, 90.0, 0.0, open=95.0, action="open_long", side=1, qty=4.0),
        decision("A", START + 4 * MINUTE, 80.0, 0.0, open=90.0, realised=-50.0),  # stopped in its first bar
    )
    mine.advance(0, START + 5 * MINUTE)
    assert mine.result().filled == 2 * 101.0 + 5 * 100.0 + 3 * 95.0 + 2 * 4 * 90.0
    assert mine.result().filled == 0.0


def test_returns_are_simple_on_the_grid_and_zero_without_a_bar() -> None:
    mine = fed(
        book(),
        decision("A", START + 59 * MINUTE, 100.0),
        decision("A", START + 119 * MINUTE, 110.0),
        decision("A", START + 2 * HOUR, 50.0),
        decision("A", START + 179 * MINUTE, 99.0),
    )
    fed(mine, decision("B", START + 59 * MINUTE, 10.0), decision("B", START + 179 * MINUTE, 5.0))
    rows = mine.advance(0, START + 3 * HOUR)
    assert [(row.number, row.ts) for row in rows] == [(0, START + 2 * HOUR), (1, START + 3 * HOUR)]
    found = mine.returns.of(np.array([0, 1])).returns
    assert np.round(found, 12).tolist() == [[0.1, 0.0], [-0.1, -0.5]]


def test_steps_of_any_length_give_the_same_returns() -> None:
    traders = [Trader(f"S{at}", seed=5) for at in range(4)]
    values = [
        (START + at * MINUTE, value)
        for at in range(400)
        for trader in traders
        if (value := trader.next(START + at * MINUTE))
    ]
    found = []
    for length in (1, 5, 60, 400):
        mine, before = book(), 0
        waiting = list(enumerate(values))
        for ts in range(START, START + 401 * MINUTE, length * MINUTE):
            while waiting and waiting[0][1][0] + MINUTE <= ts:
                offset, (_, value) = waiting.pop(0)
                mine.take(offset, value)
            mine.advance(before, ts)
            before = ts
        found.append(mine.returns.of(np.arange(4)).returns)
    assert all((one == found[0]).all() for one in found[1:])
    assert found[0].shape == (5, 4)


@pytest.mark.parametrize("mask", [1 << 30, 1 << 15])
def test_no_return_across_a_new_level(mask: int) -> None:
    mine = fed(
        book(),
        decision("A", START + 59 * MINUTE, 100.0),
        decision("A", START + 90 * MINUTE, 25.0, mask=mask),
        decision("A", START + 119 * MINUTE, 26.0),
        decision("A", START + 179 * MINUTE, 13.0),
    )
    mine.advance(0, START + 3 * HOUR)
    assert mine.returns.of(np.array([0])).returns.tolist() == [[-0.5]]


def test_a_late_decision_makes_no_row_in_the_past() -> None:
    mine = fed(book(), decision("A", START + 59 * MINUTE, 100.0), decision("B", START + 59 * MINUTE, 10.0))
    fed(mine, decision("A", START + 149 * MINUTE, 110.0), offset=2)
    mine.advance(0, START + 150 * MINUTE)
    fed(mine, decision("B", START + 89 * MINUTE, 11.0), offset=3)
    rows = mine.advance(START + 150 * MINUTE, START + 3 * HOUR)
    assert [(row.number, row.ts) for row in rows] == [(0, START + 3 * HOUR)]
    assert np.round(mine.returns.of(np.array([0, 1])).returns, 12).tolist() == [[0.1, 0.1]]


def test_a_night_makes_no_row() -> None:
    mine, before = book(), 0
    for hour in (1, 2, 14, 15):
        fed(mine, decision("A", START + hour * HOUR - MINUTE, 100.0 + hour), offset=hour)
        mine.advance(before, START + hour * HOUR)
        before = START + hour * HOUR
    assert mine.returns.count == 3


def test_silent_is_who_holds_and_misses_three_open_intervals() -> None:
    daily = {"calendar": "nyse"}
    engine = {
        "instruments": {"SHARE": daily},
        "validation": {"calendars": {"nyse": {"sessions": [(52_200_000, 75_600_000)]}}},  # Mondays 14:30 to 21:00
    }
    mine = book(engine)
    last = START + 75_600_000 - MINUTE
    fed(mine, *(decision(name, last, 10.0, held) for name, held in (("SHARE", 1.0), ("COIN", -1.0), ("FLAT", 0.0))))
    close = last + MINUTE
    mine.advance(0, close)
    assert mine.silent(close + 2 * MINUTE) == []
    assert mine.silent(close + 3 * MINUTE) == ["COIN"]
    assert mine.silent(close + 24 * HOUR) == ["COIN"]
    assert mine.silent(START + 7 * 24 * HOUR + 52_200_000 + 3 * MINUTE) == ["COIN", "SHARE"]


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"{", b"[]", b'{"symbol":"A"}', b"\xff", b"null"),
        decision("A", START, 1e300),
        decision("A", START, 1.0, -1e80),
        decision("A", START, 1.0, unrealised=-1e80),
        decision("A", 1 << 60, 1.0),
        decision("A", -MINUTE, 1.0),
        decision("A", START, 1.0, side=2),
        decision("A", START, 1.0, action="buy"),
    ],
)
def test_what_is_no_decision_is_told(value: bytes) -> None:
    assert not book().take(0, value)


@given(st.permutations(range(6)))
def test_the_order_in_which_symbols_arrive_does_not_matter(order: list[int]) -> None:
    values = [decision(f"S{at}", START, 10.0 + at, held=1.0, realised=0.1 * at) for at in range(6)]
    mine = book()
    for at in order:
        mine.take(7, values[at])
    mine.advance(0, START + MINUTE)
    assert mine.holdings.symbols == [f"S{at}" for at in range(6)]
    assert mine.result().realised == 0.0 + 0.1 + 0.2 + 0.1 * 3 + 0.4 + 0.5


SPLIT = 1 << Reject.corporate_action


def test_across_a_split_there_is_no_return_no_loss_and_no_fill() -> None:
    """Four for one: a quarter of the price, four times the quantity, the same results."""
    mine = fed(book(returns="1m"), decision("A", START, 100.0, 10.0, realised=-5.0, unrealised=50.0))
    mine.advance(0, START + MINUTE)
    fed(mine, decision("A", START + MINUTE, 25.5, 40.0, realised=-5.0, unrealised=70.0, mask=SPLIT), offset=1)
    assert mine.advance(START + MINUTE, START + 2 * MINUTE) == []
    assert mine.result() == (-5.0, 70.0, 0.0, 0.0)
    assert mine.held().held.tolist() == [1020.0]
    fed(mine, decision("A", START + 2 * MINUTE, 51.0, 40.0, realised=-5.0, unrealised=1090.0), offset=2)
    (row,) = mine.advance(START + 2 * MINUTE, START + 3 * MINUTE)
    assert np.frombuffer(row.values).tolist() == [1.0]


@pytest.mark.parametrize(
    ("before", "after", "filled"),
    [(10.0, 0.0, 1000.0), (0.0, 40.0, 1000.0), (10.0, 20.0, 500.0), (10.0, -40.0, 2000.0)],
)
def test_what_fills_in_the_bar_of_a_split_counts_by_its_notional(before: float, after: float, filled: float) -> None:
    mine = fed(book(), decision("A", START, 100.0, before))
    mine.advance(0, START + MINUTE)
    fed(mine, decision("A", START + MINUTE, 25.0, after, realised=-1.0, mask=SPLIT), offset=1)
    mine.advance(START + MINUTE, START + 2 * MINUTE)
    assert mine.result().filled == filled
