"""Existing topics, and their settings."""

from __future__ import annotations

import itertools
import logging
import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from aiokafka import errors
from aiokafka.admin.config_resource import ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import DescribeConfigsRequest
from aiokafka.protocol.metadata import MetadataRequest

from worker.errors import ConfigError
from worker.kafka.asking.certain import SECONDS, UNREACHABLE, Doubt, Patience, exactly, refused, until_certain
from worker.kafka.seams.clients import ask, refresh

log = logging.getLogger(__name__)

MISSING_AFTER = 30.0  # seconds until a topic counts as missing: a new or isolated broker may not know it yet
ALONE = 2.0  # the same in a cluster of one broker
DENIED = (errors.TopicAuthorizationFailedError.errno, errors.ClusterAuthorizationFailedError.errno)


class Described(NamedTuple):
    """Topics as the brokers describe them: name → number of partitions, and those that this user may not see."""

    partitions: Mapping[str, int]
    denied: frozenset[str]


class _Search:
    """The answers so far about the requested topics."""

    def __init__(self, names: Collection[str], brokers: int) -> None:
        self.open, self.brokers = set(names), brokers  # the most brokers that one has told of
        self.found: dict[str, int] = {}
        self.denied: set[str] = set()
        self._unknown_to: defaultdict[str, set[int]] = defaultdict(set)  # topic → brokers that don't know it
        self._hinted: set[str] = set()  # topics that some broker knows at least in part

    def hear(self, node: int, answer: Any) -> None:
        """Record one broker's answer to a request for the topics in `open`.

        Raises:
            Doubt: some topics stay open.
            ConfigError: a name is not a valid topic name.
        """
        self.brokers = max(self.brokers, len(answer.brokers))
        rows = exactly(self.open, answer.topics, lambda row: str(row[1]))
        doubt: Doubt | None = None
        for name, (code, _, _, partitions) in rows.items():
            if code == errors.InvalidTopicError.errno:
                raise ConfigError(f"{name!r} is not a valid topic name", "Correct topics.* in the settings")
            if code == 0 and partitions and {row[1] for row in partitions} == set(range(len(partitions))):
                self.found[name] = len(partitions)
            elif code == errors.TopicAuthorizationFailedError.errno:
                self.denied.add(name)
            elif code == errors.UnknownTopicOrPartitionError.errno:
                self._unknown_to[name].add(node)
                doubt = refused(code)
            else:
                self._hinted.add(name)
                doubt = refused(code) if code else Doubt(f"the answer lacks partitions of {name}")
        self.open -= self.found.keys() | self.denied
        if doubt:
            raise doubt

    def missing(self) -> bool:
        """Return whether two brokers, or the only one, don't know each open topic and none knows anything of it."""
        return not self._hinted & self.open and all(
            len(self._unknown_to[name]) >= min(self.brokers, 2) for name in self.open
        )


async def find_topics(
    client: AIOKafkaClient, names: Collection[str], missing_after: float = MISSING_AFTER
) -> Described:
    """Describe topics, without creating any.

    A topic that is neither described nor denied does not exist: two brokers, or the only one, have said so, and no
    broker has contradicted within `missing_after` seconds.

    Raises:
        TryAgain, BrokerUnavailable: no certain answer within twice that time plus `SECONDS`.
    """
    search, nodes = _Search(names, len(client.cluster.brokers())), in_turn(client)
    patience = Patience(f"the topics {', '.join(names)}")
    while search.open:
        node = next(nodes)
        seconds = missing_after if search.brokers > 1 else min(missing_after, ALONE)
        patience.seconds = 2 * seconds + SECONDS
        try:
            answer = await ask(client, node, MetadataRequest(sorted(search.open), allow_auto_topic_creation=False))
            search.hear(node, answer)
        except (Doubt, *UNREACHABLE) as error:
            if patience.elapsed >= seconds and search.missing():
                break
            await patience.doubt(error)
            if search.brokers > len(client.cluster.brokers()):  # the first one asked did not know of the others yet
                await refresh(client)
                nodes = in_turn(client)
    return Described(search.found, frozenset(search.denied))


def in_turn(client: AIOKafkaClient) -> Iterator[int]:
    """Cycle endlessly through the ids of all brokers, in random order."""
    nodes = [broker.nodeId for broker in client.cluster.brokers()]
    random.shuffle(nodes)
    return itertools.cycle(nodes)


async def topic_settings(
    client: AIOKafkaClient, names: Collection[str], seconds: float = SECONDS
) -> dict[str, dict[str, str | None]]:
    """Return the settings of existing topics, by topic; none for a topic whose settings this user may not read.

    Raises:
        TryAgain, BrokerUnavailable: no certain answer within `seconds`.
    """
    if not names:
        return {}
    nodes = in_turn(client)
    request = DescribeConfigsRequest([(ConfigResourceType.TOPIC, name, None) for name in names], False)

    async def attempt() -> dict[str, dict[str, str | None]]:
        answer = await ask(client, next(nodes), request)
        rows = exactly(
            [(ConfigResourceType.TOPIC, name) for name in names], answer.resources, lambda row: (row[2], row[3])
        )
        return {name: _entries(name, row) for (_, name), row in rows.items()}

    return await until_certain(attempt, f"the settings of the topics {', '.join(names)}", seconds)


def _entries(name: str, row: Any) -> dict[str, str | None]:
    code, entries = row[0], row[4]
    if code in DENIED:
        log.warning("no right to read the settings of a topic, so they are not checked", extra={"topic": name})
        return {}
    if code:
        raise refused(code)
    if entries is None:
        raise Doubt(f"the answer has no settings of {name}")
    return {entry[0]: entry[1] for entry in entries}
