"""Counts of outcomes by minute, code, partition and symbol are those of counting by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

from schemas import Decision, Rejection
from tests.support.made_logs import MadeLogs
from tests.support.published import outcomes
from worker.engine.reasons import Reject
from worker.gateway.log.entry import Entry
from worker.stream.state.placement import home

MINUTE = 60_000
PARTITIONS = 3


async def summary(made: MadeLogs, **query: Any) -> dict[str, Any]:
    async with made.asking() as client:
        answer = await client.get("/api/v1/rejections/summary", params=query)
    found: dict[str, Any] = answer.json()
    return found


async def test_counts_are_those_of_the_records() -> None:
    made = MadeLogs()
    found = outcomes(made.settings, PARTITIONS)
    for name in (made.settings.topics.output, made.settings.topics.rejections):
        partitions: list[list[Entry]] = [[] for _ in range(PARTITIONS)]
        for one in found:
            if one.topic == name:
                mine = partitions[one.partition]
                mine.append(Entry(one.partition, len(mine), one.timestamp, one.key, one.value))
        made.fill(name, partitions)
    minutes = 240
    last = max(one.timestamp for one in found if isinstance(one.item, Decision)) // MINUTE
    inside = [one for one in found if last - minutes < one.timestamp // MINUTE <= last]
    refused = [one.item for one in inside if isinstance(one.item, Rejection)]
    assert len(refused) > 10
    told = await summary(made, minutes=minutes)
    assert (told["total"], told["accepted"]) == (len(refused), len(inside) - len(refused))
    assert told["share"] == len(refused) / len(inside)
    codes = Counter(code for one in refused for code in one.codes)
    assert {one["code"]: one["count"] for one in told["by_code"]} == codes
    assert all(one["text"] == Reject[one["code"]].meaning for one in told["by_code"])
    places = Counter((one.partition, isinstance(one.item, Decision)) for one in inside)
    for one in told["by_partition"]:
        p = one["partition"]
        assert (one["accepted"], one["rejected"]) == (places[p, True], places[p, False])
    assert sum(one["count"] for one in told["by_symbol"]) == len(refused)
    series = told["series"]
    assert len(series["ts"]) == len(series["rejected"]) == minutes
    assert (sum(series["rejected"]), sum(series["accepted"])) == (told["total"], told["accepted"])
    assert {code: sum(counts) for code, counts in series["by_code"].items()} == dict(codes.most_common(8))
    assert told["sequence_gaps"] == 0
    keys = {one.key: one.partition for one in found if isinstance(one.item, Decision) and one.key}
    assert told["misplaced_keys"] == sum(home(key, PARTITIONS) != at for key, at in keys.items())


async def test_nothing_is_no_share() -> None:
    told = await summary(MadeLogs())
    assert (told["total"], told["accepted"], told["share"], told["by_code"]) == (0, 0, None, [])
