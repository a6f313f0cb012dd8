"""Whatever the log, the disconnects and the restarts: a client's events are the topic, in order, none twice."""

from __future__ import annotations

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import drawn
from tests.support.streamed import Connection, Kafka, Memory, hub_of
from tests.support.virtual_time import in_virtual_time

TOPICS = {"decisions": 3, "rejections": 2}
QUERY = "topics=decisions,rejections"


def write(kafka: Kafka, rng: random.Random, most: int) -> None:
    for _ in range(rng.randrange(most)):
        topic, symbol = rng.choice(list(TOPICS)), rng.randrange(5)
        kafka.append(topic, symbol % TOPICS[topic], b"ABCDE"[symbol : symbol + 1], b'{"n":1}', rng.choice([0, 0, 1]))


async def pause(rng: random.Random) -> None:
    for _ in range(rng.randrange(6)):
        await asyncio.sleep(rng.choice([0, 0, 0.2]))


class Received:
    """What a client got over all its connections."""

    def __init__(self) -> None:
        self.last_id = ""
        self.places: dict[str, list[tuple[int, int]]] = {topic: [] for topic in TOPICS}

    def take(self, connection: Connection) -> None:
        for topic in TOPICS:
            self.places[topic] += connection.records(topic)
        assert not [event for event in connection.client.events if event.name in ("gap", "reset")]
        self.last_id = connection.client.last_id


@settings(max_examples=drawn(25, 500), deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["", "&symbol=A"]))
def test_events_are_the_topic_in_order_and_none_twice(seed: int, symbol: str) -> None:
    @in_virtual_time
    async def run() -> None:
        rng = random.Random(seed)
        kafka = Kafka(TOPICS)
        write(kafka, rng, 40)
        received = Received()
        gateway = Memory(kafka, hot=rng.randrange(1, 20))
        hub = hub_of(gateway)
        begun = {topic: kafka.ends(topic) for topic in TOPICS}
        for _ in range(rng.randrange(1, 6)):
            connection = Connection(hub, QUERY + symbol, received.last_id)
            if not received.last_id:
                await connection.until("ready")
            for _ in range(rng.randrange(5)):
                write(kafka, rng, 15)
                gateway.follow()
                await pause(rng)
            await connection.leave(0 if not received.last_id else rng.choice([0, rng.randrange(2_000)]))
            received.take(connection)
            write(kafka, rng, 25)
            if rng.random() < 0.5:  # another gateway
                await hub.stop()
                gateway = Memory(kafka, hot=rng.randrange(1, 20))
                hub = hub_of(gateway)
            else:
                gateway.follow()
        last = Connection(hub, QUERY + symbol, received.last_id)
        await last.until("ready")
        await last.leave()
        received.take(last)
        for topic, count in TOPICS.items():
            for partition in range(count):
                wanted = [
                    entry.offset
                    for entry in kafka.topics[topic][partition]
                    if entry.offset >= begun[topic][partition] and (not symbol or entry.key == b"A")
                ]
                assert [at for of, at in received.places[topic] if of == partition] == wanted

    run()


@settings(max_examples=drawn(25, 500), deadline=None)
@given(st.integers(0, 2**32))
def test_latest_ends_with_the_newest_of_each_symbol(seed: int) -> None:
    """Whatever is left out between, and wherever the connection breaks, nothing of the newest is missing.

    A symbol may come again as it was when the connection broke inside of several events.
    """

    @in_virtual_time
    async def run() -> None:
        rng = random.Random(seed)
        kafka = Kafka(TOPICS)
        gateway = Memory(kafka, hot=rng.randrange(1, 20))
        hub = hub_of(gateway)
        newest: dict[tuple[str, str], int] = {}
        last_id = ""
        for _ in range(rng.randrange(1, 6)):
            connection = Connection(hub, QUERY + "&mode=latest&from=start", last_id)
            for _ in range(rng.randrange(5)):
                write(kafka, rng, 15)
                gateway.follow()
                await pause(rng)
            await connection.leave(rng.choice([0, rng.randrange(2_000)]))
            last_id = take(connection, newest)
            write(kafka, rng, 25)
            gateway.follow()
        last = Connection(hub, QUERY + "&mode=latest&from=start", last_id)
        await last.until("ready")
        await last.leave()
        take(last, newest)
        assert newest == {
            (topic, (entry.key or b"").decode()): entry.offset
            for topic, partitions in kafka.topics.items()
            for entries in partitions
            for entry in entries
        }

    def take(connection: Connection, newest: dict[tuple[str, str], int]) -> str:
        for event in connection.client.events:
            for item in event.content["items"] if event.name in TOPICS else ():
                place = event.name, item["key"]
                assert newest.get(place, -1) <= item["offset"], "older after newer"
                newest[place] = item["offset"]
        return connection.client.last_id

    run()
