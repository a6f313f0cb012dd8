"""`topics create`: creates the missing topics of a fleet, and lists settings of existing ones that differ."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient

from worker.errors import CannotCreate, ConfigError, NotPermitted
from worker.kafka import asking
from worker.kafka.asking.creation import NewTopic, make_topics, try_topics, until_known
from worker.kafka.seams.clients import client_of
from worker.kafka.topics import wanted, wanted_by_alerts, wanted_by_operators, wanted_by_risk
from worker.settings import Settings

REPLICAS = 3  # if there are as many brokers
IN_SYNC = {"min.insync.replicas": "2"}  # of topics with three or more replicas: one broker may be down
# Settings that Kafka before 3.6 lacks, and what it has instead.
FORMER = {"message.timestamp.after.max.ms": "message.timestamp.difference.max.ms"}
DENIED = (errors.TopicAuthorizationFailedError.errno, errors.ClusterAuthorizationFailedError.errno)


class Difference(NamedTuple):
    """A setting of an existing topic: its value, and the one that `topics create` would set."""

    name: str
    is_now: str
    wanted: str


class Topic(NamedTuple):
    """A topic after `topics create`."""

    created: bool
    partitions: int
    replicas: int
    differences: tuple[Difference, ...] = ()


async def create(
    admin: AIOKafkaAdminClient, settings: Settings, risk: bool = False, alerts: bool = False
) -> dict[str, Topic]:
    """Create the missing topics, and return all that the fleet and its operators need, with those of further roles.

    By default a topic has three replicas, or as many as there are brokers, and as many partitions as the fleet's other
    topics.

    Raises:
        ConfigError: a topic exists with another number of partitions than `topics.partitions`.
        CannotCreate: the broker refuses.
        NotPermitted: no right to create or to see a topic.
        TryAgain, BrokerUnavailable: no certain answer.
    """
    client = client_of(admin)
    alone = wanted_by_risk(settings) if risk else wanted_by_operators(settings)
    alone |= wanted_by_alerts(settings) if alerts else {}
    configs = wanted(settings) | alone
    found = await asking.find_topics(client, configs, 0.0)
    if found.denied:
        denied = ", ".join(sorted(found.denied))
        raise NotPermitted(f"no right to see {denied}", "Grant DESCRIBE and what docs/operations.md lists")
    asked_for = settings.topics.replication_factor
    instead = partial(_instead, asked_for == "auto")
    replicas = REPLICAS if asked_for == "auto" else asked_for

    def new_topics(counts: Mapping[str, int]) -> dict[str, NewTopic]:
        partitions = _partitions(settings, counts)
        return {
            name: NewTopic(1 if name in alone else partitions, replicas, _with_in_sync(config, replicas))
            for name, config in configs.items()
            if name not in counts
        }

    counts = found.partitions
    tried = await try_topics(client, new_topics(counts), instead)
    if unseen := configs.keys() - counts.keys() - tried.keys():
        # The controller has topics that brokers did not know a moment ago; theirs may be the number of partitions.
        await until_known(client, unseen)
        counts = (await asking.find_topics(client, configs.keys() - tried.keys())).partitions
        tried = await try_topics(client, new_topics(counts), instead)
    made = await make_topics(client, tried, instead)
    copies = await until_known(client, configs)
    # Others may have created some of them concurrently, with other settings.
    if made != configs.keys() - counts.keys():
        counts = (await asking.find_topics(client, configs)).partitions
        _partitions(settings, counts)
    told = await asking.topic_settings(client, configs.keys() - made)
    return {
        name: Topic(
            name in made,
            tried[name].partitions if name in made else counts[name],
            copies[name],
            _differences(_with_in_sync(config, copies[name]), told.get(name, {})),
        )
        for name, config in configs.items()
    }


def _partitions(settings: Settings, found: Mapping[str, int]) -> int:
    """Return the number of partitions of new topics."""
    counts = {name: found[name] for name in settings.worker_topics if name in found}
    asked_for = settings.topics.partitions
    if "partitions" not in settings.topics.model_fields_set:
        return next(iter(counts.values()), asked_for)  # the input's comes first, if it exists
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
    """Return the topic to request after a refusal: with fewer replicas if `fewer` allows, or with former settings.

    Only the broker knows how many replicas it can place, and which settings it supports.
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
    """Return the settings that the broker reports with another value; it does not report those it lacks."""
    return tuple(
        Difference(key, told[key] or "", value) for key, value in config.items() if key in told and told[key] != value
    )
