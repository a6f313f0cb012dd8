"""What the resources of fleet and status answer, from what brokers and topics are known to say."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from tests.support.asked import API, asking, gateway_of
from worker.gateway.fleet.asked import Told
from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.status.history import POINTS, History
from worker.kafka.asking import Group, Member

PORTFOLIO = {
    "equity": {"equity": 99_000.5, "day_return": -0.01},
    "ordered": {"gross": 1.2, "net": None},
    "var99": {"parametric": 0.01, "historical": 0.02},
    "blocking": ["loss of the day"],
}


def log_of(gateway: Gateway, topic: str, partitions: int = 1) -> TopicLog:
    """A topic that exists and is read to its end."""
    log = gateway.logs._logs[topic]
    log.begin(7, [0] * partitions, [0] * partitions)
    log.answered()
    return log


def put(log: TopicLog, *records: tuple[bytes, Any]) -> None:
    at = log.ends[0]
    values = [value if isinstance(value, bytes) else msgspec.json.encode(value) for _, value in records]
    entries = [Entry(0, at + n, 0, key, value) for n, ((key, _), value) in enumerate(zip(records, values, strict=True))]
    log.took(entries, [at + len(entries), *log.ends[1:]])


def told(gateway: Gateway, committed: int, end: int, *members: str) -> None:
    topic = gateway.settings.topics.input
    found = tuple(Member(name, None, "alphapulse", "h", {topic: (0,)} if name == "a" else {}) for name in members)
    state = "Stable" if members else "Empty"
    gateway.fleet._heard(Told(time.monotonic(), Group(state, found), {0: committed}, {}, {0: end}))


async def test_before_anything_is_known_nothing_is_claimed() -> None:
    async with asking(gateway_of()) as client:
        answers = {
            path: (await client.get(f"{API}/{path}")).json()
            for path in ("status", "status/history", "fleet/workers", "fleet/partitions")
        }
    assert answers["status"]["sentence"] == "The fleet has not been looked at yet"
    assert {answers["status"][name] for name in ("workers", "partitions", "lag_records", "age_s", "equity")} == {None}
    assert (answers["fleet/workers"]["state"], answers["fleet/workers"]["items"]) == ("unknown", [])
    assert answers["fleet/partitions"]["items"] == answers["status/history"]["ts"] == []


async def test_the_figures_of_the_status_are_those_of_topics_and_group() -> None:
    gateway = gateway_of()
    topics = gateway.settings.topics
    decisions, rejections = log_of(gateway, topics.output), log_of(gateway, topics.rejections)
    portfolio, limits = log_of(gateway, topics.figures), log_of(gateway, topics.limits)
    put(decisions, (b"A", {"sequence": 4, "close_ts": 77}))
    gateway.fleet._begin()
    put(decisions, (b"A", {"sequence": 5, "close_ts": 78}), (b"A", {"sequence": 9, "close_ts": 79}))
    put(rejections, (b"A", {"symbol": "A", "sequence": 6}))
    put(portfolio, (b"*", PORTFOLIO))
    told(gateway, 90, 100, "a", "standby")
    gateway.fleet.sequences.judge(time.monotonic() + 60)
    status = gateway.status.now()
    assert (status.lost, status.covers.records, status.covers.missing) == (2, 3, ["A misses 2 after 6"])
    assert (status.workers, status.partitions, status.lag_records) == (2, 1, 10)
    assert (status.equity, status.gross, status.net, status.var99) == (99_000.5, 1.2, None, 0.02)
    assert (status.level, status.kill, status.monitor) == ("bad", "none", "running")
    assert [one.level for one in status.problems] == ["bad", "warn"]
    assert status.sentence == "2 records without an outcome: A misses 2 after sequence 6 (and 1 more)"
    put(limits, (b"*", {"key": "*", "kill": "close_all"}))
    assert gateway.status.now().kill == "close_all"
    put(limits, (b"*", {"key": "*", "kill": "none"}))
    assert gateway.status.now().kill == "none"
    async with asking(gateway) as client:
        partition = (await client.get(f"{API}/fleet/partitions")).json()["items"][0]
        workers = (await client.get(f"{API}/fleet/workers")).json()
    assert (partition["owner"], partition["lag"], partition["newest_close_ts"]) == ("a", 10, 79)
    assert [one["member_id"] for one in workers["items"]] == ["a", "standby"]


@pytest.mark.parametrize("value", [b"", b"[]", b"{", b"\xff", b'{"equity":"x"}', b'{"kill":7}', b"[" * 5_000])
async def test_what_can_not_be_read_is_no_figure(value: bytes) -> None:
    gateway = gateway_of()
    topics = gateway.settings.topics
    logs = [log_of(gateway, topic) for topic in (topics.output, topics.rejections, topics.figures, topics.limits)]
    for log in logs:
        put(log, (b"*", value))
    gateway.fleet._begin()
    for log in logs:
        put(log, (b"*", value), (b"*", value))
    told(gateway, 100, 100, "a")
    status = gateway.status.now()
    assert (status.equity, status.kill, status.lost) == (None, "none", 0)
    assert gateway.fleet.body().partitions.items[0].newest_close_ts is None


def test_a_fleet_that_left_is_told_from_brokers_that_are_silent() -> None:
    gateway = gateway_of()
    log_of(gateway, gateway.settings.topics.output)
    told(gateway, 90, 100)
    assert gateway.status.now().sentence == "No worker runs, and 10 records wait"
    gateway.fleet._told = gateway.fleet._told and gateway.fleet._told._replace(at=time.monotonic() - 30)
    status = gateway.status.now()
    assert "nothing is known of the workers" in status.sentence
    assert status.workers is None
    gateway.logs._logs[gateway.settings.topics.output].answered(30)
    assert "brokers have given no answer" in gateway.status.now().sentence


def test_the_history_is_bounded() -> None:
    gateway, history = gateway_of(), History()
    status = gateway.status.now()
    for number in range(POINTS + 5):
        status.now_ms = number
        history.add(msgspec.structs.replace(status, now_ms=number), 0.5)
    columns = history.columns()
    assert columns.ts == list(range(5, POINTS + 5))
    assert {len(column) for column in msgspec.structs.asdict(columns).values()} == {POINTS}
