"""Where a stream stands: the next offset of each partition of its topics, as the id of an event says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    """The places of one reader in several topics, and their text; both change together."""

    def __init__(self) -> None:
        self.offsets: dict[str, list[int]] = {}  # by topic and partition
        self._tags: dict[str, str] = {}
        self._pairs: dict[str, list[bytes]] = {}
        self._texts: dict[str, bytes] = {}

    def put(self, topic: str, topic_id: int, offsets: list[int]) -> None:
        """Set all places of a topic."""
        self.offsets[topic] = list(offsets)
        self._tags[topic] = tag_of(topic_id)
        self._pairs[topic] = [b"%d:%d" % pair for pair in enumerate(offsets)]
        self._write(topic)

    def move(self, topic: str, partition: int, offset: int) -> None:
        """Set one place."""
        self.offsets[topic][partition] = offset
        self._pairs[topic][partition] = b"%d:%d" % (partition, offset)
        self._write(topic)

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
        made._tags, made._texts = dict(self._tags), dict(self._texts)
        made._pairs = {topic: list(pairs) for topic, pairs in self._pairs.items()}
        return made

    def _write(self, topic: str) -> None:
        tag = self._tags[topic]
        name = f"{topic}.{tag}=" if tag else f"{topic}="
        self._texts[topic] = name.encode() + b",".join(self._pairs[topic])

    @property
    def text(self) -> bytes:
        """The id of an event at these places."""
        return b";".join(self._texts.values())
