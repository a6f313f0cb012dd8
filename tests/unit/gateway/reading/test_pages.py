"""All pages of a search together are what a plain scan finds: in order, nothing left out, nothing twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.made_logs import MadeLogs
from worker.gateway.log.entry import Entry
from worker.gateway.reading.budget import Budget
from worker.gateway.reading.filters import DecisionFilter
from worker.gateway.reading.lanes import COLD
from worker.gateway.reading.pages import Page, Wanted, page
from worker.gateway.resources.problem import Refused

SYMBOLS = ["A", "B", "C/D"]
ACTIONS = ["hold", "open_long", "close"]
REASONS = ["signal_weak", "signal_long", "cool_down"]
GARBAGE = [
    None,
    b"",
    b"{",
    b"[1]",
    b'{"action":3,"reasons":"x"}',
    b"\xff",
    b'{"action":null}',
    b'{"action":"hol\\u0064","reasons":["cool_\\u0064own"]}',
]
made = MadeLogs()
DECISIONS = made.settings.topics.output


@dataclass
class Topic:
    """What a topic holds, and from which offsets on it is in memory."""

    partitions: list[list[Entry]]
    hot: list[int]
    ordered: bool  # the times of each partition grow


@st.composite
def values(draw: st.DrawFn) -> bytes | None:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(GARBAGE))
    reasons = draw(st.lists(st.sampled_from(REASONS), max_size=2))
    blocking = draw(st.sampled_from([None, *REASONS]))
    action = draw(st.sampled_from(ACTIONS))
    return json.dumps({"action": action, "regime": "range", "reasons": reasons, "blocking": blocking}).encode()


@st.composite
def topics(draw: st.DrawFn) -> Topic:
    ordered = draw(st.booleans())
    partitions: list[list[Entry]] = []
    hot = []
    for at in range(draw(st.integers(1, 3))):
        entries: list[Entry] = []
        offset, time = draw(st.integers(0, 3)), 1_000
        for _ in range(draw(st.integers(0, 25))):
            time += draw(st.integers(0, 3) if ordered else st.integers(-5, 6))
            # Each symbol has a home, and now and then a record elsewhere.
            symbol = draw(st.sampled_from([SYMBOLS[at], SYMBOLS[at], *SYMBOLS]))
            entries.append(Entry(at, offset, time, symbol.encode(), draw(values())))
            offset += draw(st.sampled_from([1, 1, 1, 2, 7]))  # markers and aborted records take offsets
        partitions.append(entries)
        hot.append(draw(st.integers(0, offset)))
    return Topic(partitions, hot, ordered)


filters = st.builds(
    DecisionFilter,
    symbol=st.sampled_from([None, None, *SYMBOLS, "unknown"]),
    action=st.sampled_from([None, None, *ACTIONS]),
    reason=st.sampled_from([None, None, *REASONS]),
    blocking=st.sampled_from([None, None, *REASONS]),
    regime=st.sampled_from([None, None, "range", "crisis"]),
    since=st.sampled_from([None, None, 0, 1_000, 1_010]),
    until=st.sampled_from([None, None, 1_005, 1_020]),
)


def plainly_passes(wanted: DecisionFilter, entry: Entry) -> bool:
    """The filter once more, by other means."""
    try:
        value: Any = json.loads(entry.value or b"null")
    except ValueError:
        value = None
    value = value if isinstance(value, dict) else {}
    own = value.get("reasons")
    return all(
        [
            wanted.since is None or wanted.since <= entry.timestamp,
            wanted.until is None or entry.timestamp < wanted.until,
            wanted.symbol is None or entry.key == wanted.symbol.encode(),
            wanted.action is None or value.get("action") == wanted.action,
            wanted.regime is None or value.get("regime") == wanted.regime,
            wanted.blocking is None or value.get("blocking") == wanted.blocking,
            wanted.reason is None or (isinstance(own, list) and wanted.reason in own),
        ]
    )


@given(topics(), filters, st.sampled_from(["newest", "oldest"]), st.integers(1, 7), st.integers(1, 30), st.data())
async def test_pages_are_a_plain_scan(
    topic: Topic, wanted: DecisionFilter, order: Any, limit: int, records: int, data: st.DataObject
) -> None:
    log = made.fill(DECISIONS, topic.partitions, topic.hot)
    held = [entry for entries in topic.partitions for entry in entries]
    found: list[Entry] = []
    cursor: str | None = None
    for _ in range(1_000):
        given: Page = await page(
            made.gateway, log, "decisions", wanted, Wanted(limit, cursor, order), budget=lambda: Budget(records)
        )
        assert len(given.entries) <= limit
        # A first block of each partition is read in any case, so that each search gets on.
        assert given.rest.scanned.records <= records + COLD * len(topic.partitions)
        assert given.rest.complete == (len(given.entries) == limit or given.rest.cursor is None)
        found += given.entries
        cursor = given.rest.cursor
        if cursor is None:
            break
        if data.draw(st.booleans()):
            _move_on(topic, log, data)
    else:
        raise AssertionError("the pages have no end")
    passing = [entry for entry in held if plainly_passes(wanted, entry)]
    places = [(entry.partition, entry.offset) for entry in found]
    assert len(set(places)) == len(places), "none twice"
    assert sorted(places) == sorted((entry.partition, entry.offset) for entry in passing)
    sign = -1 if order == "newest" else 1
    for at in range(len(topic.partitions)):
        mine = [sign * offset for partition, offset in places if partition == at]
        assert mine == sorted(mine)
    if topic.ordered:
        times = [sign * entry.timestamp for entry in found]
        assert times == sorted(times)


def _move_on(topic: Topic, log: Any, data: st.DataObject) -> None:
    """Something comes, and something leaves the memory, between two pages."""
    at = data.draw(st.integers(0, len(topic.partitions) - 1))
    made.add(DECISIONS, Entry(at, log.ends[at] + 1, 1_015, SYMBOLS[at].encode(), b'{"action":"hold"}'))
    if len(log._held[at]) and log.bytes:
        log.evict()


async def refused(cursor: str | None, wanted: DecisionFilter, order: Any = "newest") -> str:
    with pytest.raises(Refused) as caught:
        await page(made.gateway, made.log(DECISIONS), "decisions", wanted, Wanted(1, cursor, order))
    assert (caught.value.status, caught.value.code) == (409, "invalid_cursor")
    return caught.value.detail


async def test_a_cursor_belongs_to_its_search_and_topic() -> None:
    entries = [Entry(0, at, 1_000 + at, b"A", b"{}") for at in range(5)]
    log = made.fill(DECISIONS, [entries])
    wanted = DecisionFilter(symbol="A")
    first = await page(made.gateway, log, "decisions", wanted, Wanted(1, None, "newest"))
    cursor = first.rest.cursor
    assert cursor
    assert "another search" in await refused(cursor, DecisionFilter())
    assert "another search" in await refused(cursor, wanted, "oldest")
    for damaged in ("", "x", cursor[:-2], "é", "=", cursor + "A" * 8):
        assert "none that this gateway made" in await refused(damaged, wanted)
    log.begin(8, [0], [0])
    assert "recreated" in await refused(cursor, wanted)


async def test_a_topic_that_is_recreated_during_a_search_is_no_end_of_it() -> None:
    entries = [Entry(0, at, 1_000 + at, b"A", b"{}") for at in range(5)]
    log = made.fill(DECISIONS, [entries], [5])
    before = made.older.read

    async def read(*given: Any) -> Any:
        answer = await before(*given)
        log.begin(9, [0], [0])
        return [], answer[1] + 100

    made.older.read = read  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(Refused, match="recreated"):
            await page(made.gateway, log, "decisions", DecisionFilter(), Wanted(9, None, "oldest"))
    finally:
        made.older.read = before  # type: ignore[method-assign]
