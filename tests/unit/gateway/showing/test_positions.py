"""Lists of symbols, positions and the portfolio, from the newest records."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.support.made_logs import MadeLogs
from tests.support.portfolio import MINUTE, START, decision
from worker.gateway.log.entry import Entry

API = "/api/v1"


async def get(made: MadeLogs, path: str, **query: Any) -> Any:
    async with made.asking() as client:
        answer = await client.get(f"{API}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def held(made: MadeLogs, *given: tuple[str, float, float]) -> None:
    """Symbol, close and signed quantity of each newest decision."""
    made.fill(
        made.settings.topics.output,
        [
            [
                Entry(0, at, START + at, symbol.encode(), decision(symbol, START, close, qty, unrealised=1.5))
                for at, (symbol, close, qty) in enumerate(given)
            ]
        ],
    )


async def test_positions_are_the_largest_first() -> None:
    made = MadeLogs(engine={"instruments": {"FUT": {"multiplier": 50.0}}})
    held(made, ("A", 10.0, 5.0), ("FUT", 100.0, -2.0), ("B", 1.0, 0.0))
    found = await get(made, "positions")
    assert [one["symbol"] for one in found["items"]] == ["FUT", "A"]
    assert [one["notional"] for one in found["items"]] == [-10_000.0, 50.0]
    assert (found["gross"], found["net"], found["currency"]) == (10_050.0, -9_950.0, "USD")
    assert found["items"][0]["share"] is None
    lines = [["FUT", -0.1, 0.5], ["A", None, 0.0], "damaged"]
    made.fill(
        made.settings.topics.figures,
        [[Entry(0, 0, START, b"*", msgspec.json.encode({"schema_version": 1, "lines": lines}))]],
    )
    assert [one["share"] for one in (await get(made, "positions"))["items"]] == [-0.1, None]


async def test_sums_of_several_currencies_are_none() -> None:
    made = MadeLogs(engine={"instruments": {"E": {"quote": "EUR"}, "U": {"quote": "USD"}}})
    held(made, ("E", 10.0, 5.0), ("U", 100.0, 2.0))
    found = await get(made, "positions")
    assert (found["gross"], found["net"], found["currency"]) == (None, None, None)


async def test_symbols_are_found_by_a_part_of_their_names() -> None:
    made = MadeLogs()
    held(made, ("XAB", 1.0, 0.0), ("ABC", 1.0, 1.0), ("BTC/USD", 1.0, 0.0))
    found = await get(made, "symbols", q="ab")
    assert ([one["symbol"] for one in found["items"]], found["total"]) == (["ABC", "XAB"], 2)
    found = await get(made, "symbols", limit=1)
    assert (len(found["items"]), found["total"]) == (1, 3)
    row = (await get(made, "symbols", q="abc"))["items"][0]
    assert (row["state"], row["unrealised"], row["health"]) == ("long", 1.5, "ok")
    assert (await get(made, "symbols/BTC%2FUSD"))["symbol"] == "BTC/USD"
    assert (await get(made, "symbols/BTC%2FUSD/bars"))["symbol"] == "BTC/USD"
    assert (await get(made, "symbols/BTC%2FUSD/explain"))["symbol"] == "BTC/USD"


async def test_a_symbol_without_bars_is_silent() -> None:
    weekly = {"version": 1, "kind": "weekly", "sessions": [[0, 1_000]]}
    engine = {"instruments": {"CLOSED": {"calendar": "short"}}, "validation": {"calendars": {"short": weekly}}}
    made = MadeLogs(engine=engine)
    later = START + 5 * MINUTE
    made.fill(
        made.settings.topics.output,
        [
            [
                Entry(0, 0, START + MINUTE, b"OLD", decision("OLD", START, 1.0)),
                Entry(0, 1, START + MINUTE, b"CLOSED", decision("CLOSED", START, 1.0)),
                Entry(0, 2, later, b"NEW", decision("NEW", later - MINUTE, 1.0, reasons=["data_quarantine"])),
            ]
        ],
    )
    found = {one["symbol"]: one["health"] for one in (await get(made, "symbols"))["items"]}
    assert found == {"OLD": "silent", "CLOSED": "ok", "NEW": "quarantined"}


def step(at: int, **given: Any) -> Entry:
    value = {"schema_version": 1, "ts": START + at * MINUTE, "equity": {"equity": 100.0 + at}, "trips": []} | given
    return Entry(0, at, START + at * MINUTE, b"*", msgspec.json.encode(value))


async def test_the_history_holds_the_newest_step_and_every_trip() -> None:
    made = MadeLogs()
    trip = {"rule": "gross", "key": "*", "figure": 2.5, "limit": 2.0, "base": 1.0}
    steps = [step(at, trips=[trip] if at == 7 else []) for at in range(100)]
    made.fill(made.settings.topics.figures, [steps], [60])
    found = await get(made, "portfolio/history", points=10)
    assert len(found["ts"]) == 10
    assert found["equity"][-1] == 199.0
    assert found["complete"]
    assert [(one["rule"], one["ts"]) for one in found["trips"]] == [("gross", START + 7 * MINUTE)]
    later = await get(made, "portfolio/history", **{"from": START + 95 * MINUTE})
    assert later["equity"] == [195.0, 196.0, 197.0, 198.0, 199.0]


async def test_a_monitor_that_takes_no_step_is_silent() -> None:
    made = MadeLogs()
    assert (await get(made, "portfolio"))["monitor"] == "none"
    made.fill(made.settings.topics.output, [[]])
    made.fill(made.settings.topics.figures, [[step(0)]])
    made.add(made.settings.topics.output, Entry(0, 0, START + MINUTE, b"A", b"{}"))
    assert (await get(made, "portfolio"))["monitor"] == "running"
    pace = made.gateway.logs.pace
    made.add(made.settings.topics.output, Entry(0, 1, START + 2 * MINUTE, b"A", b"{}"))
    assert pace.behind_s < 60.0
    assert pace._due is not None
    pace._due -= made.settings.risk.lag_seconds + 1.0
    assert (await get(made, "portfolio"))["monitor"] == "silent"
    made.add(made.settings.topics.figures, step(2))
    assert (await get(made, "portfolio"))["monitor"] == "running"
