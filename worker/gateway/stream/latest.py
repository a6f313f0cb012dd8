"""The channel of `mode=latest`: the newest record of each symbol, at most ten times a second."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from worker.gateway.log.entry import Entry
from worker.gateway.stream.channel import Channel
from worker.gateway.stream.frames import encoded, event, items, record
from worker.gateway.stream.places import Places
from worker.gateway.stream.ring import Left, Taken
from worker.gateway.stream.source import Source
from worker.gateway.stream.wanted import Kind

PAUSE = 0.1  # seconds between two writes
KEPT = 10_000  # keys that wait for a slow reader
ITEMS = 1_000  # records of one event

Key = tuple[str, bytes | None]  # topic and key of a record
Event = tuple[str, bytes]  # name and data
K = TypeVar("K")
T = TypeVar("T")


class LatestChannel(Channel):
    """Holds the newest record of each key until all its readers have taken it."""

    def __init__(self, kind: Kind, source: Source) -> None:
        super().__init__(kind, source)
        self._newest: OrderedDict[Key, tuple[int, Entry]] = OrderedDict()  # by number
        self._said: OrderedDict[str, tuple[int, Event]] = OrderedDict()
        self._next = self._shown = self._floor = 0  # numbers: given, may be taken, are held
        self._place, self._after = self.places.text, self.places.copied()
        self._written: dict[int, Taken] = {}  # for readers from the same number on
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Listen no longer."""
        super().close()
        if self._timer:
            self._timer.cancel()

    def _add(self, topic: str, entries: Iterable[Entry]) -> None:
        for entry in entries:
            key = topic, entry.key
            self._newest[key] = self._next, entry
            self._newest.move_to_end(key)
            self._next += 1
        while len(self._newest) > KEPT:
            self._floor = self._newest.popitem(last=False)[1][0] + 1
        self._soon()

    def _tell(self, name: str, content: object) -> None:
        self._put(f"{name} {self._next}", name, encoded(content))

    def say(self, topic: str, body: bytes) -> None:
        """Send the newest figures of `fleet` or `status`."""
        self._put(topic, topic, body)

    def _put(self, key: str, name: str, data: bytes) -> None:
        self._said[key] = self._next, (name, data)
        self._said.move_to_end(key)
        self._next += 1
        self._soon()

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._show)

    def _show(self) -> None:
        self._timer = None
        needed = min((reader.number for reader in self.readers), default=self._next)
        _forget(self._newest, needed)
        _forget(self._said, needed)
        self._floor = max(self._floor, needed)
        self._shown, self._place, self._after = self._next, self.places.text, self.places.copied()
        self._written.clear()
        self._wake()

    @property
    def next(self) -> int:
        """Number of what a reader takes next who has all up to the channel's places."""
        return self._next

    def keeps(self, number: int) -> bool:
        """Return whether all from this number on is held."""
        return number >= self._floor

    def take(self, number: int) -> Taken | None:
        """Return what to write from a number on; None while there is nothing.

        Raises:
            Left: it is no longer held.
        """
        if number >= self._shown:
            return None
        if not self.keeps(number):
            raise Left
        if number not in self._written:
            records = [(topic, entry) for (topic, _), entry in _between(self._newest, number, self._shown)]
            said = [found for _, found in _between(self._said, number, self._shown)]
            self._written[number] = Taken(written(self, records, said, self._place), self._shown, self._after)
        return self._written[number]

    def replaying(self, places: Places) -> LatestReplaying:
        """Return the encoder of older records for one reader, who stands at `places`."""
        return LatestReplaying(self, places)


def _forget(held: OrderedDict[K, tuple[int, T]], before: int) -> None:
    while held and next(iter(held.values()))[0] < before:
        held.popitem(last=False)


def _between(held: OrderedDict[K, tuple[int, T]], start: int, stop: int) -> list[tuple[K, T]]:
    """Return what has a number from `start` to `stop` (exclusive), in order."""
    found: list[tuple[K, T]] = []
    for key in reversed(held):
        number, what = held[key]
        if number < start:
            break
        if number < stop:
            found.append((key, what))
    return found[::-1]


class LatestReplaying:
    """The newest record of each key, at the end."""

    def __init__(self, channel: LatestChannel, places: Places) -> None:
        self._channel, self._places = channel, places
        self._newest: dict[Key, Entry] = {}

    def add(self, topic: str, entries: Iterable[Entry]) -> bytes:
        """Take the next records of a partition, and return what can be written."""
        for entry in entries:
            self._places.move(topic, entry.partition, entry.offset + 1)
            if self._channel.hears(topic, entry.key):
                self._newest.pop((topic, entry.key), None)
                self._newest[topic, entry.key] = entry
        return b""

    def end(self) -> bytes:
        """Return the rest."""
        records = [(topic, entry) for (topic, _), entry in self._newest.items()]
        return written(self._channel, records, (), self._places.text)


def written(channel: Channel, records: Sequence[tuple[str, Entry]], said: Sequence[Event], place: bytes) -> bytes:
    """Return events of records and what else is to say; only the last has an id, since before it not all is sent."""
    events: list[Event] = []
    for topic in channel.kind.records:
        mine = [entry for of, entry in records if of == topic]
        for at in range(0, len(mine), ITEMS):
            data = items(record(entry, channel.value(topic, entry)) for entry in mine[at : at + ITEMS])
            events.append((topic, data))
    events += said
    if not events:
        return b""
    name, data = events.pop()
    return b"".join([*(event(name, None, data) for name, data in events), event(name, place, data)])
