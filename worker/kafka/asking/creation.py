"""Topics that are made: asked for until they are certainly there, or refused for good."""

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
LEAST = 0.1  # seconds before the first repeat; the broker works on it meanwhile
ENOUGH = 5.0  # seconds
TIMEOUT_MS = 10_000  # for the controller
THROTTLED = 89  # THROTTLING_QUOTA_EXCEEDED, which aiokafka does not know
DONE_OR_NOT = (errors.RequestTimedOutError.errno, errors.UnknownError.errno, 13)  # 13: NETWORK_EXCEPTION
AGAIN = (*DONE_OR_NOT, errors.NotControllerError.errno, THROTTLED)


class NewTopic(NamedTuple):
    """What to make."""

    partitions: int
    replicas: int
    settings: Mapping[str, str]


Instead: TypeAlias = Callable[[str, NewTopic, int, str], NewTopic]


async def make_topics(client: AIOKafkaClient, wanted: Mapping[str, NewTopic], instead: Instead) -> set[str]:
    """Make topics; returns the names of those made by this call, the others were there before.

    `instead` is given what a broker refused for good (name, topic, error code, reason), and returns what to ask for in
    its place, or raises: then none is made.

    Raises:
        TryAgain, BrokerUnavailable: no certain answer within `PATIENCE`.
    """
    # Only tried at first: Kafka 3.3 keeps the settings of a topic that it refuses, for the next one of that name.
    tried = await _answered(client, wanted, instead, only_try=True)
    fitting = {name: topic for name, (topic, is_new) in tried.items() if is_new}
    made = await _answered(client, fitting, instead, only_try=False)
    return {name for name, (_, is_new) in made.items() if is_new}


async def _answered(
    client: AIOKafkaClient, wanted: Mapping[str, NewTopic], instead: Instead, only_try: bool
) -> dict[str, tuple[NewTopic, bool]]:
    """What the controller took in the end, and whether it is new; every broker is asked in turn: only older ones insist
    on the controller."""
    left, done = dict(wanted), dict[str, tuple[NewTopic, bool]]()
    perhaps: set[str] = set()  # an earlier request may have made them
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
    """Wait until the brokers know the topics; returns the number of replicas of each.

    The controller answers before the brokers know of a new topic; whoever asks them next must find it. A minority that
    is not there, or cut off from the controller, is waited for `ENOUGH` seconds only.

    Raises:
        TryAgain, BrokerUnavailable: not within `PATIENCE`.
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
