"""The channel of `mode=all`: one event a record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from worker.gateway.log.entry import Entry
from worker.gateway.stream.channel import Channel
from worker.gateway.stream.frames import event, record, told
from worker.gateway.stream.places import Places
from worker.gateway.stream.ring import PIECE_BYTES, Piece, Ring, Taken
from worker.gateway.stream.source import Source
from worker.gateway.stream.wanted import Kind


class EveryChannel(Channel):
    """Encodes each event once; a reader that falls out of the ring gets a gap."""

    def __init__(self, kind: Kind, source: Source) -> None:
        super().__init__(kind, source)
        self.ring = Ring()
        self._now = asyncio.get_running_loop().time

    def _add(self, topic: str, entries: Iterable[Entry]) -> None:
        frames: list[bytes] = []
        size = 0
        for entry in entries:
            frames.append(self.frame(topic, entry, self.places))
            size += len(frames[-1])
            if size >= PIECE_BYTES:
                self._piece(frames)
                frames, size = [], 0
        if frames:
            self._piece(frames)
        self._wake()

    def frame(self, topic: str, entry: Entry, places: Places) -> bytes:
        """Return the event of one record for a reader at `places`."""
        return event(topic, places.text, record(entry, self.value(topic, entry)))

    def _piece(self, frames: list[bytes]) -> None:
        self.ring.forget(min((reader.number for reader in self.readers), default=self.ring.next))
        self.ring.add(Piece(b"".join(frames), len(frames), self._now(), self.places.copied()))

    def _tell(self, name: str, content: object) -> None:
        self._piece([told(name, self.places.text, content)])
        self._wake()

    def say(self, topic: str, body: bytes) -> None:
        """Send the newest figures of `fleet` or `status`."""
        self._piece([event(topic, self.places.text, body)])
        self._wake()

    @property
    def next(self) -> int:
        """Number of what a reader takes next who has all up to the channel's places."""
        return self.ring.next

    def keeps(self, number: int) -> bool:
        """Return whether all from this number on is held."""
        return number >= self.ring.first

    def take(self, number: int) -> Taken | None:
        """Return what to write from a number on; None while there is nothing.

        Raises:
            Left: it is no longer held.
        """
        return self.ring.take(number)

    def replaying(self, places: Places) -> EveryReplaying:
        """Return the encoder of older records for one reader, who stands at `places`."""
        return EveryReplaying(self, places)


class EveryReplaying:
    """One event a record."""

    def __init__(self, channel: EveryChannel, places: Places) -> None:
        self._channel, self._places = channel, places

    def add(self, topic: str, entries: Iterable[Entry]) -> bytes:
        """Take the next records of a partition, and return what can be written."""
        frames: list[bytes] = []
        for entry in entries:
            self._places.move(topic, entry.partition, entry.offset + 1)
            if self._channel.hears(topic, entry.key):
                frames.append(self._channel.frame(topic, entry, self._places))
        return b"".join(frames)

    def end(self) -> bytes:
        """Return the rest."""
        return b""
