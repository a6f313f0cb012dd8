"""Where a stream stands: the next offset of each partition of its topics, as the id of an event says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_TOPIC = re.compile(
    r"([a-z]{1,20})(?:\.([0-9a-f]{8}))?=((?:PAIR(?:,PAIR)*)?)".replace("PAIR", "[0-9]{1,6}:[0-9]{1,19}")
)
TAG = 0xFFFFFFFF


class Place(NamedTuple):
    """Where a stream stands in one topic; without a tag the topic did not exist."""

    tag: str
    offsets: Mapping[int, int]  # by partition


def tag_of(topic_id: int) -> str:
    """Return the short form of a topic's id: a topic that is recreated has another one."""
    return f"{topic_id & TAG:08x}" if topic_id else ""


def read_places(text: str) -> dict[str, Place]:
    """Return the places by topic.

    Raises:
        ValueError: the text is no id that a stream has sent.
    """
    found: dict[str, Place] = {}
    for part in text.split(";") if text else ():
        topic = _TOPIC.fullmatch(part)
        if topic is None or topic[1] in found:
            raise ValueError("the id of the last event is none that this stream sends")
        pairs = [pair.split(":") for pair in topic[3].split(",") if pair]
        found[topic[1]] = Place(topic[2] or "", {int(partition): int(offset) for partition, offset in pairs})
    return found


class Places:
    """The places of one reader in several topics, and their text, which is put together when it is asked for."""

    def __init__(self) -> None:
        self.offsets: dict[str, list[int]] = {}  # by topic and partition
        self._tags: dict[str, str] = {}
        self._pairs: dict[str, list[bytes]] = {}
        self._texts: dict[str, bytes] = {}
        self._moved: dict[str, set[int]] = {}  # since the text was put together
        self._text: bytes | None = None

    def put(self, topic: str, topic_id: int, offsets: Sequence[int]) -> None:
        """Set all places of a topic."""
        self.offsets[topic] = list(offsets)
        self._tags[topic] = tag_of(topic_id)
        self._pairs[topic] = [b""] * len(offsets)
        self._texts[topic] = b""
        self._moved[topic] = set(range(len(offsets)))
        self._text = None

    def move(self, topic: str, partition: int, offset: int) -> None:
        """Set one place."""
        self.offsets[topic][partition] = offset
        self._moved[topic].add(partition)
        self._text = None

    def tag(self, topic: str) -> str:
        """Return the short form of a topic's id."""
        return self._tags[topic]

    def copied(self) -> dict[str, tuple[int, ...]]:
        """Return the offsets as they are now."""
        return {topic: tuple(offsets) for topic, offsets in self.offsets.items()}

    def copy(self) -> Places:
        """Return places that change apart from these."""
        made = Places()
        made.offsets = {topic: list(offsets) for topic, offsets in self.offsets.items()}
        made._tags, made._texts, made._text = dict(self._tags), dict(self._texts), self._text
        made._pairs = {topic: list(pairs) for topic, pairs in self._pairs.items()}
        made._moved = {topic: set(moved) for topic, moved in self._moved.items()}
        return made

    @property
    def text(self) -> bytes:
        """The id of an event at these places."""
        if self._text is None:
            for topic, moved in self._moved.items():
                if moved or not self._texts[topic]:
                    self._write(topic, moved)
            self._text = b";".join(self._texts.values())
        return self._text

    def _write(self, topic: str, moved: set[int]) -> None:
        pairs, offsets, tag = self._pairs[topic], self.offsets[topic], self._tags[topic]
        for partition in moved:
            pairs[partition] = b"%d:%d" % (partition, offsets[partition])
        moved.clear()
        name = f"{topic}.{tag}=" if tag else f"{topic}="
        self._texts[topic] = name.encode() + b",".join(pairs)
