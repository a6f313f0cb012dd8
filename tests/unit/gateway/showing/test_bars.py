"""Bars: columns of equal length with what was decided, in order; what is missing between is told."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import Decision, Rejection
from tests.support.made_logs import MadeLogs
from tests.support.portfolio import decision
from tests.support.published import Outcome, outcomes
from worker.gateway.log.entry import Entry

API = "/api/v1"
SYMBOL = "SIM0003"
COLUMNS = ("close_ts", "open", "high", "low", "close", "volume", "final", "confidence", "p_turb", "mtf", "qty")
MORE = ("stop", "target", "equity", "regime", "action", "sequence", "blocking")


@pytest.fixture(scope="module")
def market() -> tuple[MadeLogs, list[Outcome]]:
    """A simulated market's outcomes, in memory."""
    made = MadeLogs()
    found = outcomes(made.settings, 2)
    for name in (made.settings.topics.output, made.settings.topics.rejections):
        partitions: list[list[Entry]] = [[], []]
        for one in found:
            if one.topic == name:
                mine = partitions[one.partition]
                mine.append(Entry(one.partition, len(mine), one.timestamp, one.key, one.value))
        made.fill(name, partitions)
    return made, found


async def bars(made: MadeLogs, **query: Any) -> dict[str, Any]:
    async with made.asking() as client:
        answer = await client.get(f"{API}/symbols/{SYMBOL}/bars", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_columns_are_what_was_decided(market: tuple[MadeLogs, list[Outcome]]) -> None:
    made, published = market
    wanted = [one.item for one in published if isinstance(one.item, Decision) and one.item.symbol == SYMBOL]
    found = await bars(made, limit=5_000)
    assert {len(found[name]) for name in (*COLUMNS, *MORE)} == {len(found["ts"])}
    assert found["ts"] == [one.ts for one in wanted]
    assert found["close"] == [one.bar.close for one in wanted]
    assert found["action"] == [one.action for one in wanted]
    assert found["equity"] == [one.position.realised + one.position.unrealised for one in wanted]
    sides = {"long": 1, "short": -1, "flat": 0}
    assert found["qty"] == [sides[one.position.state] * one.position.qty for one in wanted]
    ordered = [one for one in wanted if one.action != "hold"]
    assert ordered
    assert [one["decision_id"] for one in found["markers"]] == [one.decision_id for one in ordered]
    assert [one["price"] for one in found["markers"]] == [one.ref_price for one in ordered]
    assert (found["interval"], found["complete"], found["strategy"]) == (60_000, True, None)


async def test_numbers_that_are_missing_were_rejected(market: tuple[MadeLogs, list[Outcome]]) -> None:
    made, published = market
    refused = [one.item for one in published if isinstance(one.item, Rejection) and one.item.symbol == SYMBOL]
    decided = [one.item for one in published if isinstance(one.item, Decision) and one.item.symbol == SYMBOL]
    gaps = (await bars(made, limit=5_000))["gaps"]
    assert gaps
    assert all(gap["missing"] == gap["rejected"] for gap in gaps)
    between = [one for one in refused if one.sequence and decided[0].sequence < one.sequence < decided[-1].sequence]
    assert sum(gap["missing"] for gap in gaps) == len(between)


async def test_pages_of_bars_go_back_in_time(market: tuple[MadeLogs, list[Outcome]]) -> None:
    made, _ = market
    whole = (await bars(made, limit=5_000))["ts"]
    found: list[int] = []
    until: dict[str, int] = {}
    while part := (await bars(made, limit=90, **until))["ts"]:
        found = part + found
        until = {"to": part[0]}
    assert found == whole


async def test_a_gap_without_an_outcome_is_told() -> None:
    made = MadeLogs()
    made.decide(*(decision("A", 60_000 * at, 10.0, sequence=at) for at in (1, 2, 5, 6)), symbol=SYMBOL)
    assert (await bars(made))["gaps"] == [{"after_sequence": 2, "missing": 2, "rejected": 0}]
    async with made.asking() as client:
        summary = (await client.get(f"{API}/rejections/summary")).json()
    assert summary["sequence_gaps"] == 2


async def test_older_bars_come_from_kafka() -> None:
    made = MadeLogs()
    entries = [
        Entry(0, at, at, (SYMBOL if at % 3 else "OTHER").encode(), decision(SYMBOL, 60_000 * at, 10.0, sequence=at))
        for at in range(300)
    ]
    made.fill(made.settings.topics.output, [entries], [250])
    found = await bars(made, limit=150)
    assert found["ts"] == [60_000 * at for at in range(300) if at % 3][-150:]
    assert made.older.reads
    async with made.asking() as client:
        for at in (299, 251, 250, 100, 1):
            told = await client.get(f"{API}/symbols/{SYMBOL}/explain", params={"sequence": at})
            assert told.status_code == (200 if at % 3 else 404), at
            assert not at % 3 or told.json()["offset"] == at
