"""From where a client ended to where its channel is: the records between come from memory, else from Kafka."""

from __future__ import annotations

import asyncio
from typing import Protocol

from worker.gateway.stream.channel import Channel, Reader, gaps, reset
from worker.gateway.stream.frames import told
from worker.gateway.stream.places import Place, Places, tag_of
from worker.gateway.stream.source import Log, Passed, Source
from worker.gateway.stream.wanted import Wanted

REPLAY = 100_000  # offsets that are read again at most
BEHIND = 5.0  # seconds for which this gateway may know less of a topic than the one before it
STEP = 0.02


class Written(Reader, Protocol):
    """The stream that catches up."""

    @property
    def ended(self) -> bool:
        """Whether it writes nothing more."""

    async def write(self, body: bytes) -> None:
        """Write events; wait while the client takes none."""


async def catch_up(stream: Written, channel: Channel, wanted: Wanted, source: Source) -> Places:
    """Write what lies before `stream.number`, and return the places that it then has.

    Raises:
        KafkaError: older records can't be read.
    """
    places = Places()
    for topic in wanted.kind.records:
        await _begin(topic, stream, channel, wanted, source, places)
    while not stream.ended:
        # Both at the same instant: what comes later has a number of its own.
        goal, stream.number = channel.places.copy(), channel.next
        if _behind(places, goal) > REPLAY:
            await stream.write(b"".join(told("gap", goal.text, each) for each in gaps(places.offsets, goal.offsets)))
            places = goal
        await _replay(stream, channel, source, places, goal)
        if channel.keeps(stream.number) and not _behind(places, goal):
            break
    return places


async def _begin(topic: str, stream: Written, channel: Channel, wanted: Wanted, source: Source, places: Places) -> None:
    """Find where a topic begins for this client; if that is nowhere, tell it to take a snapshot."""
    found, place = source.log(topic), wanted.last.get(topic)
    start: list[int] | None
    if found is None:
        start = None if place and place.tag else []
    elif place is not None:
        start = await _resumed(topic, found, place, source)
    elif wanted.start == "start":
        start = [await source.first(topic, partition) for partition in range(len(found.ends))]
    else:
        start = None
    here = channel.places.offsets[topic]
    if start is not None and sum(here) - sum(start) <= REPLAY:
        places.put(topic, found.topic_id if found else 0, start)
        return
    places.put(topic, found.topic_id if found else 0, here)
    if place is not None or wanted.start == "start":
        await stream.write(told("reset", places.text, reset(topic)))


async def _resumed(topic: str, found: Log, place: Place, source: Source) -> list[int] | None:
    """Return where a client goes on; None where the log no longer has that."""
    if place.tag and place.tag != tag_of(found.topic_id):
        return None
    start = [place.offsets.get(partition, 0) for partition in range(len(found.ends))]
    until = asyncio.get_running_loop().time() + BEHIND
    while any(offset > end for offset, end in zip(start, found.ends, strict=False)):
        if asyncio.get_running_loop().time() > until:
            return None
        await asyncio.sleep(STEP)
    for partition, (offset, hot) in enumerate(zip(start, found.hot, strict=False)):
        if offset < hot and offset < await source.first(topic, partition):
            return None
    return start


async def _replay(stream: Written, channel: Channel, source: Source, places: Places, goal: Places) -> None:
    replaying = channel.replaying(places)
    for topic, stops in goal.offsets.items():
        for partition, stop in enumerate(stops):
            while not stream.ended and (start := places.offsets[topic][partition]) < stop:
                try:
                    async for entries in source.read(topic, partition, start, stop):
                        if body := replaying.add(topic, entries):
                            await stream.write(body)
                        if stream.ended:
                            return
                    places.move(topic, partition, stop)
                except Passed as passed:
                    await _pass_over(stream, places, topic, partition, min(passed.first, stop))
    if body := replaying.end():
        await stream.write(body)


async def _pass_over(stream: Written, places: Places, topic: str, partition: int, to: int) -> None:
    before = places.copied()
    places.move(topic, partition, to)
    for gap in gaps(before, places.copied()):
        await stream.write(told("gap", places.text, gap))


def _behind(places: Places, goal: Places) -> int:
    """Return the number of offsets, markers of transactions included, that a reader lacks."""
    return sum(
        max(stop - start, 0)
        for topic, stops in goal.offsets.items()
        for start, stop in zip(places.offsets[topic], stops, strict=False)
    )
