"""How streams begin, wait, lose what nobody takes, and end."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from typing import Any

import pytest

from tests.support.streamed import ADMIN, Connection, Kafka, Memory, hub_of
from tests.support.virtual_time import clock, in_virtual_time
from worker.gateway.auth.caller import Caller
from worker.gateway.resources.problem import Refused
from worker.gateway.stream import catching_up
from worker.gateway.stream.latest import ITEMS, KEPT
from worker.gateway.stream.ring import QUEUE
from worker.gateway.stream.stream import STALLED

VALUE = b'{"n":1}'


def names(connection: Connection) -> list[str]:
    return [event.name for event in connection.client.events]


def topic(partitions: int = 1) -> tuple[Kafka, Memory]:
    kafka = Kafka({"decisions": partitions})
    return kafka, Memory(kafka)


@in_virtual_time
async def test_a_stream_is_ready_beats_and_says_farewell() -> None:
    kafka, gateway = topic()
    hub = hub_of(gateway, figures={"status": b'{"level":"ok"}'}.get)
    stream = Connection(hub, "topics=decisions,status,fleet")
    await stream.until("ready")
    headers = dict(stream.sent[0]["headers"])
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert names(stream) == ["status", "ready"]
    assert stream.client.events[1].content == {"topics": ["decisions", "fleet", "status"]}
    before = clock().time()
    while not stream.client.comments:
        await asyncio.sleep(1)
    assert clock().time() - before == pytest.approx(15, abs=1)
    kafka.append("decisions", 0, b"A", VALUE)
    gateway.follow()
    await stream.until("decisions")
    assert stream.client.events[-1].content["value"] == {"n": 1}
    await hub.stop()
    assert stream.client.events[-1].content == {"reason": "stopping"}
    assert stream.ended
    assert len(hub) == 0
    refused = Connection(hub)
    with pytest.raises(Refused) as told:
        await refused.task
    assert told.value.status == 503


@in_virtual_time
async def test_a_slow_reader_is_told_what_it_misses_and_goes_on() -> None:
    kafka, gateway = topic(2)
    hub = hub_of(gateway)
    slow, quick = Connection(hub), Connection(hub)
    await slow.until("ready")
    await quick.until("ready")
    slow.reads.clear()
    for round_ in range(2 * QUEUE):
        kafka.append("decisions", round_ % 2, b"A", VALUE)
        gateway.follow()
        if round_ % 100 == 0:
            await asyncio.sleep(0.2)
    slow.reads.set()
    await slow.until("gap")
    kafka.append("decisions", 1, b"B", VALUE)
    gateway.follow()
    await slow.until("decisions", len(slow.records("decisions")) + 1)
    gap = next(event for event in slow.client.events if event.name == "gap")
    missed = {(int(p), at) for p, old in gap.content["from"].items() for at in range(old, gap.content["to"][p])}
    received = slow.records("decisions")
    everything = [(entry.partition, entry.offset) for entries in kafka.topics["decisions"] for entry in entries]
    assert sorted([*received, *missed]) == sorted(everything)
    assert gap.content["topic"] == "decisions"
    assert received[-1] == (1, QUEUE)
    await quick.until("decisions", len(everything))
    assert "gap" not in names(quick)
    resumed = Connection(hub, last_id=gap.id)
    await resumed.until("ready")
    assert resumed.records("decisions") == [(1, QUEUE)]


@in_virtual_time
async def test_latest_sends_ten_times_a_second_at_most_and_never_loses_the_newest() -> None:
    kafka, gateway = topic()
    hub = hub_of(gateway)
    stream = Connection(hub, "mode=latest")
    await stream.until("ready")
    begun = clock().time()
    for number in range(500):
        kafka.append("decisions", 0, b"%d" % (number % 7), b'{"n":%d}' % number)
        gateway.follow()
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    events = [event.content for event in stream.client.events if event.name == "decisions"]
    assert 10 <= len(events) <= 10 * (clock().time() - begun)
    newest = {item["key"]: item["value"]["n"] for event in events for item in event["items"]}
    assert newest == {str(number % 7): number for number in range(493, 500)}
    assert all(len(event["items"]) == len({item["key"] for item in event["items"]}) for event in events)
    stream.reads.clear()
    for number in range(KEPT + 5 * ITEMS):
        kafka.append("decisions", 0, b"%d" % number, VALUE)
    gateway.follow()
    await asyncio.sleep(1)
    kafka.append("decisions", 0, b"last", VALUE)
    gateway.follow()
    stream.reads.set()
    await stream.until("gap")
    channel = next(iter(hub.channels.values()))
    await asyncio.sleep(1)
    assert channel.next == channel.readers.copy().pop().number


@in_virtual_time
async def test_what_is_older_than_the_log_or_too_much_begins_with_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "REPLAY", 50)
    kafka, gateway = topic()
    for _ in range(40):
        kafka.append("decisions", 0, b"A", VALUE)
    gateway = Memory(kafka)
    hub = hub_of(gateway)
    tag = f"{kafka.ids['decisions'] & 0xFFFFFFFF:08x}"

    async def resumed(last_id: str, query: str = "") -> Connection:
        stream = Connection(hub, query, last_id)
        await stream.until("ready")
        return stream

    whole = await resumed(f"decisions.{tag}=0:0")
    assert len(whole.records("decisions")) == 40
    kafka.firsts["decisions"][0] = 10
    for last_id in (f"decisions.{tag}=0:9", "decisions.00000000=0:20", f"decisions.{tag}=0:4000"):
        stream = await resumed(last_id)
        assert names(stream) == ["reset", "ready"], last_id
        assert stream.client.events[0].content == {"topics": ["decisions"], "snapshot": "/api/v1/symbols"}
        assert (await resumed(stream.client.last_id)).client.events[0].name == "ready"
    begun = await resumed("", "from=start")
    assert begun.records("decisions") == [(0, offset) for offset in range(10, 40)]
    for _ in range(40):
        kafka.append("decisions", 0, b"A", VALUE)
    gateway.follow()
    assert names(await resumed(f"decisions.{tag}=0:29")) == ["reset", "ready"]


@in_virtual_time
async def test_records_that_go_while_a_client_catches_up_are_a_gap() -> None:
    kafka, _ = topic()
    for _ in range(30):
        kafka.append("decisions", 0, b"A", VALUE)
    gateway = Memory(kafka)
    first = gateway.first

    async def first_then_gone(topic: str, partition: int) -> int:
        found = await first(topic, partition)
        kafka.firsts[topic][partition] = 12
        return found

    gateway.first = first_then_gone  # type: ignore[method-assign]
    stream = Connection(hub_of(gateway), "from=start")
    await stream.until("ready")
    assert stream.client.events[0].content == {"topic": "decisions", "from": {"0": 0}, "to": {"0": 12}}
    assert stream.records("decisions") == [(0, offset) for offset in range(12, 30)]


@in_virtual_time
async def test_a_topic_that_is_recreated_or_comes_later_is_heard() -> None:
    kafka, gateway = topic()
    for _ in range(5):
        kafka.append("decisions", 0, b"A", VALUE)
    gateway.follow()
    hub = hub_of(gateway)
    await hub.start()
    stream = Connection(hub, "topics=decisions,portfolio")
    await stream.until("ready")
    assert stream.client.last_id.endswith(";portfolio=")
    gateway.logs["decisions"].begin(0xDEF, [0], [0])
    await stream.until("reset")
    gateway.kafka = Kafka({"decisions": 1, "portfolio": 1})
    gateway.kafka.append("decisions", 0, b"A", VALUE)
    gateway.kafka.append("portfolio", 0, b"*", VALUE)
    gateway.logs["portfolio"] = Memory(gateway.kafka).logs["portfolio"]
    gateway.follow()
    await stream.until("portfolio")
    await stream.until("decisions")
    assert stream.records("decisions") == [(0, 0)]
    await hub.stop()


@in_virtual_time
async def test_a_caller_has_so_many_streams_and_loses_them_with_its_rights() -> None:
    _, gateway = topic()
    known: dict[str, Caller] = {"ada": ADMIN, "rita": Caller("rita", "read", "token")}

    async def find(scope: Any) -> Caller:
        found = known.get(scope["state"]["caller"].who)
        if found is None:
            raise Refused(401, "unauthenticated", "who are you")
        return found

    hub = hub_of(gateway, most=3, find=find)
    await hub.start()
    mine = [Connection(hub) for _ in range(3)]
    await mine[2].until("ready")
    with pytest.raises(Refused) as refused:
        await Connection(hub).task
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "10")
    other = Connection(hub, caller=known["rita"])
    await other.until("ready")
    await mine.pop().leave()
    again = Connection(hub)
    await again.until("ready")
    del known["rita"]
    at = clock().time()
    await other.task
    assert clock().time() - at <= 5
    assert other.client.events[-1].content == {"reason": "revoked"}
    assert not again.task.done()
    await hub.stop()


@in_virtual_time
async def test_a_client_that_takes_nothing_is_cut_and_one_that_left_is_forgotten() -> None:
    kafka, gateway = topic()
    hub = hub_of(gateway)
    stalled, left = Connection(hub), Connection(hub)
    await stalled.until("ready")
    await left.until("ready")
    held = weakref.ref(next(iter(next(iter(hub.channels.values())).readers)))
    stalled.reads.clear()
    await left.leave()
    kafka.append("decisions", 0, b"A", VALUE)
    gateway.follow()
    at = clock().time()
    await stalled.task
    assert clock().time() - at == pytest.approx(STALLED)
    assert stalled.aborted
    assert (len(hub), dict(hub.channels), len(gateway.logs["decisions"]._heard)) == (0, {}, 0)
    gc.collect()
    assert held() is None


@in_virtual_time
async def test_stalled_clients_do_not_hold_up_the_end() -> None:
    kafka, gateway = topic()
    hub = hub_of(gateway)
    streams = [Connection(hub) for _ in range(100)]
    for stream in streams:
        await stream.until("ready")
    for stream in streams[::2]:
        stream.reads.clear()
    kafka.append("decisions", 0, b"A", VALUE)
    gateway.follow()
    await asyncio.sleep(0.1)
    at = clock().time()
    await hub.stop()
    assert clock().time() - at <= 1.0
    assert [stream.task.done() for stream in streams] == [True] * 100
    assert all(stream.aborted for stream in streams[::2])
    assert all(stream.ended and not stream.aborted for stream in streams[1::2])


@in_virtual_time
async def test_payloads_are_for_operators() -> None:
    kafka = Kafka({"rejections": 1})
    gateway = Memory(kafka)
    hub = hub_of(gateway)
    roles = [Connection(hub, "topics=rejections", caller=Caller("x", role, "token")) for role in ("read", "operate")]
    latest = Connection(hub, "topics=rejections&mode=latest", caller=Caller("x", "read", "token"))
    for stream in (*roles, latest):
        await stream.until("ready")
    for value in (b'{"codes":["x"],"payload":"secret"}', b'"secret"', b'["secret"', None):
        kafka.append("rejections", 0, b"A", value)
        gateway.follow()
        await asyncio.sleep(1)
    read, operate = ([json.loads(event.data) for event in one.client.events[1:]] for one in roles)
    assert [one["value"] for one in operate] == [{"codes": ["x"], "payload": "secret"}, "secret", None, None]
    assert read[0]["value"] == {"codes": ["x"]}
    assert "secret" not in str(read) + str(latest.client.events)
