"""Topics are told apart by their ids: one that was deleted and made anew has the same name and other records."""

from __future__ import annotations

from typing import NamedTuple

from aiokafka.errors import KafkaConnectionError

from worker.errors import ConfigError
from worker.kafka.leaders import Leaders
from worker.kafka.protocol.answers import AGAIN, failure
from worker.kafka.protocol.codes import name
from worker.settings import Settings


class TopicIds(NamedTuple):
    """Of a group's topics; 0 where a cluster has none, or where it is not known."""

    input: int
    state: int
    output: int = 0
    rejected: int = 0
    control: int = 0


async def topic_ids(leaders: Leaders, *names: str) -> TopicIds:
    """The ids of topics that are named in the order of `TopicIds`; who leads them is learnt on the way.

    Raises:
        KafkaError: a topic is not there now.
    """
    found = await leaders.topics(names)
    for topic, described in found.items():
        if described.error_code in AGAIN:
            raise KafkaConnectionError(f"{topic}: {name(described.error_code)}")
        if described.error_code:
            raise failure(described.error_code, topic)
    return TopicIds(*(found[name].id for name in names))


def text_of(topic_id: int) -> str:
    """An id as records hold it; empty where there is none."""
    return f"{topic_id:032x}" if topic_id else ""


def made_anew(topic: str, settings: Settings) -> ConfigError:
    """The error to stop with when a topic is not the one that the group has worked on."""
    what, fix = _lost_with(topic, settings)
    return ConfigError(f"the topic {topic} was deleted and made anew: {what}", fix)


def _lost_with(topic: str, settings: Settings) -> tuple[str, str]:
    """What is gone with a topic, and what to do."""
    if topic == settings.topics.input:
        return (
            "its records are others than those that the group has decided",
            "Run another processing.group, which begins with the first record of the new topic",
        )
    if topic == settings.state_topic:
        return (
            "what the group has saved is gone with it",
            "Start the workers again: they rebuild the state from the input, or say what keeps them from it",
        )
    if topic == settings.topics.limits:
        return (
            "limits that stood in it may be gone",
            "Set those that are to hold by `alphapulse control set`, each with a greater version; then set "
            "topics.on_replaced=follow to go on",
        )
    return (
        "the outcomes that the group has written to it are gone",
        "Run another processing.group to decide all input again; or set topics.on_replaced=follow to go on with what "
        "comes",
    )
