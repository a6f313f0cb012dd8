"""`topics create`: make what a fleet needs as the cluster can hold it, and say what differs where it exists."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient

from worker.errors import CannotCreate, ConfigError, NotPermitted
from worker.kafka import asking
from worker.kafka.asking.creation import NewTopic, make_topics, until_known
from worker.kafka.seams.clients import client_of
from worker.kafka.topics import wanted
from worker.settings import Settings

REPLICAS = 3  # where there are as many brokers
IN_SYNC = {"min.insync.replicas": "2"}  # of topics with three replicas or more: one broker may be missing
# What Kafka before 3.6 does not know, and what it has instead.
FORMER = {"message.timestamp.after.max.ms": "message.timestamp.difference.max.ms"}
DENIED = (errors.TopicAuthorizationFailedError.errno, errors.ClusterAuthorizationFailedError.errno)


class Difference(NamedTuple):
    """A setting of a topic that exists: what it is, and what `topics create` would have made it."""

    name: str
    is_now: str
    wanted: str


class Topic(NamedTuple):
    """A topic after `topics create`."""

    created: bool
    partitions: int
    replicas: int
    differences: tuple[Difference, ...] = ()


async def create(admin: AIOKafkaAdminClient, settings: Settings) -> dict[str, Topic]:
    """Create the topics that are missing; returns all that the fleet needs, by name.

    Without `topics.replication_factor` a topic has three replicas, or as many as there are brokers. Without
    `topics.partitions` it has as many partitions as the fleet's other topics.

    Raises:
        ConfigError: a topic exists with another number of partitions than `topics.partitions`.
        CannotCreate: the broker refuses.
        NotPermitted: no right to create or to see a topic.
        TryAgain, BrokerUnavailable: no certain answer.
    """
    client = client_of(admin)
    configs = wanted(settings)
    found = await asking.find_topics(client, configs, 0.0)
    if found.denied:
        denied = ", ".join(sorted(found.denied))
        raise NotPermitted(f"no right to see {denied}", "Grant DESCRIBE and what docs/operations.md lists")
    partitions = _partitions(settings, found.partitions)
    asked_for = settings.topics.replication_factor
    replicas = REPLICAS if asked_for == "auto" else asked_for
    new = {
        name: NewTopic(partitions, replicas, _with_in_sync(config, replicas))
        for name, config in configs.items()
        if name not in found.partitions
    }
    made = await make_topics(client, new, partial(_instead, asked_for == "auto")) if new else set()
    copies = await until_known(client, configs)
    # Others may have made some of them at the same time, in another way.
    counts = found.partitions
    if len(made) < len(new):
        counts = (await asking.find_topics(client, configs)).partitions
        _partitions(settings, counts)
    told = await asking.topic_settings(client, configs.keys() - made)
    return {
        name: Topic(
            name in made,
            partitions if name in made else counts[name],
            copies[name],
            _differences(_with_in_sync(config, copies[name]), told.get(name, {})),
        )
        for name, config in configs.items()
    }


def _partitions(settings: Settings, found: Mapping[str, int]) -> int:
    """How many a new topic gets."""
    counts = {name: found[name] for name in settings.worker_topics if name in found}
    asked_for = settings.topics.partitions
    if "partitions" not in settings.topics.model_fields_set:
        return next(iter(counts.values()), asked_for)  # the input's, where it exists: it comes first
    if other := {name: count for name, count in counts.items() if count != asked_for}:
        text = ", ".join(f"{name} has {count}" for name, count in other.items())
        one = next(iter(other.values()))
        raise ConfigError(
            f"{text} partitions, not {asked_for}",
            f"Partitions are fixed for life, since keys would move: use --partitions {one}, or new topics (--prefix)",
        )
    return asked_for


def _with_in_sync(config: Mapping[str, str], replicas: int) -> dict[str, str]:
    return {**config, **(IN_SYNC if replicas >= REPLICAS else {})}


def _instead(fewer: bool, name: str, topic: NewTopic, code: int, said: str) -> NewTopic:
    """What to ask for when the broker refuses a topic: only it knows on how many it can put it, and its own settings.

    `fewer`: the number of replicas may be lower.
    """
    if code == errors.InvalidReplicationFactorError.errno and fewer and topic.replicas > 1:
        settings = {key: value for key, value in topic.settings.items() if key not in IN_SYNC}
        return topic._replace(replicas=topic.replicas - 1, settings=settings)
    if code == errors.InvalidConfigurationError.errno:
        unknown = [key for key in FORMER if key in topic.settings and key in said]
        if unknown:
            return topic._replace(settings={FORMER.get(k, k): value for k, value in topic.settings.items()})
    if code in DENIED:
        raise NotPermitted(f"no right to create the topic {name}: {said}", "Grant CREATE on it or on the cluster")
    raise CannotCreate(f"the topic {name} can't be created: {said}", "Correct topics.* in the settings")


def _differences(config: Mapping[str, str], told: Mapping[str, str | None]) -> tuple[Difference, ...]:
    """Settings that the broker tells, and tells otherwise; it does not tell what its version does not know."""
    return tuple(
        Difference(key, told[key] or "", value) for key, value in config.items() if key in told and told[key] != value
    )
