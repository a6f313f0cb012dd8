"""Creation of topics, retried until each is certainly created or permanently refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, TypeAlias

from aiokafka import errors
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import CreateTopicsRequest
from aiokafka.protocol.metadata import MetadataRequest

from worker.kafka.asking.certain import SECONDS, UNREACHABLE, Doubt, Patience, exactly, refused
from worker.kafka.asking.topics import in_turn
from worker.kafka.seams.clients import ask

PATIENCE = 2 * SECONDS
LEAST = 0.1  # seconds before the first retry, while the broker creates them
ENOUGH = 5.0  # seconds to wait for a minority of brokers
TIMEOUT_MS = 10_000  # for the controller
THROTTLED = 89  # THROTTLING_QUOTA_EXCEEDED, which aiokafka does not know
DONE_OR_NOT = (errors.RequestTimedOutError.errno, errors.UnknownError.errno, 13)  # 13: NETWORK_EXCEPTION
AGAIN = (*DONE_OR_NOT, errors.NotControllerError.errno, THROTTLED)


class NewTopic(NamedTuple):
    """A topic to create."""

    partitions: int
    replicas: int
    settings: Mapping[str, str]


Instead: TypeAlias = Callable[[str, NewTopic, int, str], NewTopic]


async def try_topics(client: AIOKafkaClient, wanted: Mapping[str, NewTopic], instead: Instead) -> dict[str, NewTopic]:
    """Return those of the topics that do not exist, as the controller would create them; nothing is created.

    When a broker permanently refuses a topic, `instead` gets its name, the topic, the error code and the reason. It
    returns the topic to request instead, or raises.

    Raises:
        TryAgain, BrokerUnavailable: no certain answer within `PATIENCE`.
    """
    tried = await _answered(client, wanted, instead, only_try=True)
    return {name: topic for name, (topic, is_new) in tried.items() if is_new}


async def make_topics(client: AIOKafkaClient, tried: Mapping[str, NewTopic], instead: Instead) -> set[str]:
    """Create what `try_topics` has returned, and return the names of those that did not exist before.

    Untried they must not be: Kafka 3.3 keeps the settings of a topic that it refuses, and gives them to the next of
    that name.

    Raises:
        TryAgain, BrokerUnavailable: no certain answer within `PATIENCE`.
    """
    made = await _answered(client, tried, instead, only_try=False)
    return {name for name, (_, is_new) in made.items() if is_new}


async def _answered(
    client: AIOKafkaClient, wanted: Mapping[str, NewTopic], instead: Instead, only_try: bool
) -> dict[str, tuple[NewTopic, bool]]:
    """Return the topic that the controller accepted for each name, and whether it is new.

    Any broker may be asked: newer ones forward the request to the controller, older ones refuse it.
    """
    left, done = dict(wanted), dict[str, tuple[NewTopic, bool]]()
    perhaps: set[str] = set()  # topics that an earlier request may have created
    patience = Patience(f"the creation of {', '.join(wanted)}", PATIENCE, LEAST)
    for node in in_turn(client):
        if not left:
            break
        doubt: BaseException | None = None
        try:
            answer = await ask(client, node, _request(left, only_try))
            rows = exactly(left, answer.topic_errors, lambda row: str(row[0]))
        except (Doubt, *UNREACHABLE) as error:
            perhaps |= left.keys()
            rows, doubt = {}, error
        for name, (_, code, said, *_) in rows.items():
            if code in AGAIN:
                perhaps |= {name} if code in DONE_OR_NOT else set()
                doubt = refused(code)
            elif code not in (0, errors.TopicAlreadyExistsError.errno):
                left[name] = instead(name, left[name], code, said or errors.for_code(code).__name__)
            else:
                done[name] = left.pop(name), code == 0 or (name in perhaps and not only_try)
        if doubt is not None:
            await patience.doubt(doubt)
    return done


async def until_known(client: AIOKafkaClient, names: Collection[str]) -> dict[str, int]:
    """Wait until the brokers know the topics, and return the number of replicas of each.

    The controller answers before the brokers know a new topic. A minority of brokers that is down, or cut off from the
    controller, is waited for only `ENOUGH` seconds.

    Raises:
        TryAgain, BrokerUnavailable: a broker does not know them within `PATIENCE`.
    """
    replicas: dict[str, int] = {}
    patience = Patience(f"the new topics {', '.join(names)}", PATIENCE, LEAST / 5)
    left = {broker.nodeId for broker in client.cluster.brokers()}
    brokers = len(left)
    request = MetadataRequest(sorted(names), allow_auto_topic_creation=False)
    for node in in_turn(client):
        if not left:
            break
        if node not in left:
            continue
        try:
            answer = await ask(client, node, request)
            replicas = {name: _replicas(row) for name, row in exactly(names, answer.topics, _name).items()}
            left.discard(node)
        except (Doubt, *UNREACHABLE) as error:
            if 2 * len(left) < brokers and patience.elapsed > ENOUGH:
                break
            await patience.doubt(error)
    return replicas


def _name(row: Any) -> str:
    return str(row[1])


def _replicas(row: Any) -> int:
    code, _, _, partitions = row
    if code or not partitions:
        raise refused(code)
    return min(len(partition[3]) for partition in partitions)


def _request(topics: Mapping[str, NewTopic], only_try: bool) -> CreateTopicsRequest:
    rows: list[Any] = [(name, t.partitions, t.replicas, [], list(t.settings.items())) for name, t in topics.items()]
    return CreateTopicsRequest(rows, TIMEOUT_MS, only_try)
