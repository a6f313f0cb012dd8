"""What streams of one kind share: where their records stand, and who hears of new ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol

import msgspec

from worker.gateway.log.entry import Entry
from worker.gateway.stream.places import Places, tag_of
from worker.gateway.stream.ring import Offsets, Taken
from worker.gateway.stream.source import Log, Source
from worker.gateway.stream.wanted import Kind

SNAPSHOTS = {
    "decisions": "/api/v1/symbols",
    "rejections": "/api/v1/rejections",
    "portfolio": "/api/v1/portfolio",
    "limits": "/api/v1/limits",
    "audit": "/api/v1/audit",
}
APPEARED = 1_000  # records a partition of a new topic that are sent


class Reader(Protocol):
    """A stream, as its channel sees it."""

    number: int  # of what it takes next

    def wake(self) -> None:
        """Look for new pieces."""


class Replaying(Protocol):
    """Older records in the form of a channel, for one reader."""

    def add(self, topic: str, entries: Iterable[Entry]) -> bytes:
        """Take the next records of a partition, and return what can be written."""

    def end(self) -> bytes:
        """Return the rest."""


class Channel(ABC):
    """The records of one kind. It listens while it has streams."""

    def __init__(self, kind: Kind, source: Source) -> None:
        self.kind, self.places = kind, Places()
        self.readers: set[Reader] = set()
        self.lent = 0  # to so many streams, those that only begin included
        self._source = source
        self._keys = {topic: kind.keys(topic) for topic in kind.records}
        self._logs: dict[str, Log] = {}
        self._ends: list[Callable[[], None]] = []
        for topic in kind.records:
            found = source.log(topic)
            self.places.put(topic, found.topic_id if found else 0, found.ends if found else [])
            if found:
                self._listen(topic, found)

    def _listen(self, topic: str, to: Log) -> None:
        self._logs[topic] = to
        self._ends.append(to.listen(partial(self._heard, topic)))

    def close(self) -> None:
        """Listen no longer."""
        for end in self._ends:
            end()

    def look(self) -> None:
        """Listen to topics that have come into being."""
        for topic in self.kind.records:
            if topic not in self._logs and (found := self._source.log(topic)) is not None:
                self.places.put(topic, found.topic_id, [0] * len(found.ends))
                for partition in range(len(found.ends)):
                    self._add(topic, self._new(topic, found.since(partition, 0, APPEARED)))
                self._began_anew(topic, found)
                self._listen(topic, found)

    def _heard(self, topic: str, entries: list[Entry]) -> None:
        found = self._logs[topic]
        if not entries or self.places.tag(topic) != tag_of(found.topic_id):
            self._began_anew(topic, found)
        self._add(topic, self._new(topic, entries))

    def _new(self, topic: str, entries: Iterable[Entry]) -> Iterable[Entry]:
        """Yield what is new and wanted; the places move along."""
        offsets, keys, move = self.places.offsets[topic], self._keys[topic], self.places.move
        for entry in entries:
            if entry.offset >= offsets[entry.partition]:
                move(topic, entry.partition, entry.offset + 1)
                if keys is None or entry.key in keys:
                    yield entry

    def hears(self, topic: str, key: bytes | None) -> bool:
        """Return whether a record with this key is wanted."""
        keys = self._keys[topic]
        return keys is None or key in keys

    def _began_anew(self, topic: str, found: Log) -> None:
        """Tell the streams what the log has passed over, or that the topic was recreated."""
        before = list(self.places.offsets[topic])
        same = self.places.tag(topic) == tag_of(found.topic_id) and len(before) == len(found.ends)
        if same:
            after = [max(old, new) for old, new in zip(before, found.ends, strict=True)]
            self.places.put(topic, found.topic_id, after)
            for passed in gaps({topic: before}, {topic: after}):
                self._tell("gap", passed)
            return
        self.places.put(topic, found.topic_id, found.ends)
        self._tell("reset", reset(topic))

    @abstractmethod
    def _add(self, topic: str, entries: Iterable[Entry]) -> None:
        """Take records of a topic, which are all new and wanted."""

    @abstractmethod
    def _tell(self, name: str, content: object) -> None:
        """Send an event to all streams."""

    @abstractmethod
    def say(self, topic: str, body: bytes) -> None:
        """Send the newest figures of `fleet` or `status`."""

    @property
    @abstractmethod
    def next(self) -> int:
        """Number of what a reader takes next who has all up to the channel's places."""

    @abstractmethod
    def keeps(self, number: int) -> bool:
        """Return whether all from this number on is held."""

    @abstractmethod
    def take(self, number: int) -> Taken | None:
        """Return what to write from a number on; None while there is nothing.

        Raises:
            Left: it is no longer held.
        """

    @abstractmethod
    def replaying(self, places: Places) -> Replaying:
        """Return the encoder of older records for one reader, who stands at `places`."""

    def _wake(self) -> None:
        for reader in self.readers:
            reader.wake()

    def value(self, topic: str, entry: Entry) -> bytes | None:
        """Return a record's value as this kind of stream may see it."""
        if topic != "rejections" or self.kind.payload or entry.value is None:
            return entry.value
        try:
            content = msgspec.json.decode(entry.value)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return b""
        if not isinstance(content, dict):
            return b""
        content.pop("payload", None)
        return msgspec.json.encode(content)


def gaps(before: Offsets, after: Offsets) -> Iterator[dict[str, object]]:
    """Yield the data of a gap in each topic: what was passed over, by partition."""
    for topic, to in after.items():
        pairs = dict(enumerate(zip(before.get(topic, ()), to, strict=False)))
        passed = {str(partition): pair for partition, pair in pairs.items() if pair[0] < pair[1]}
        if passed:
            yield {
                "topic": topic,
                "from": {partition: old for partition, (old, _) in passed.items()},
                "to": {partition: new for partition, (_, new) in passed.items()},
            }


def reset(topic: str) -> dict[str, object]:
    """Return the data of a reset: the reader must take a snapshot."""
    return {"topics": [topic], "snapshot": SNAPSHOTS[topic]}
