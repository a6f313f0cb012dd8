"""What a fake broker answers: a healthy cluster by `healthy`, and handlers with an error code at any level.

A handler answers for what it was asked, except for what `lacking` names; `codes` give partitions their error codes,
`top` is the code of the whole answer.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.protocol import admin, commit, coordination, fetch, metadata, offset, transaction
from aiokafka.protocol.types import CompactString, Int16, Int32, TaggedFields, UnsignedVarInt32

from tests.support import fake_schemas as schemas
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker, Handler
from worker.kafka.asking.messages import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
    DescribeGroupsRequest,
    DescribeGroupsResponse,
)
from worker.kafka.transactions.requests import (
    EndTxnResponse,
    ProduceResponse,
    TxnOffsetCommitRequest,
    TxnOffsetCommitResponse,
)

CLUSTER = "fake"
NO_OFFSET = -1
UNKNOWN_TOPIC = 3
FETCH_WAIT = 0.02  # seconds before an empty answer: a real broker waits too
Codes = Mapping[TopicPartition, int]


class Topic(NamedTuple):
    """A topic in Metadata: partition → (error code, leader)."""

    partitions: Mapping[int, tuple[int, int]]
    code: int = 0
    id: bytes = bytes(15) + b"\1"
    leader_epoch: int = 0


def topic(partitions: int, leader: int = 1) -> Topic:
    """A healthy one."""
    return Topic(dict.fromkeys(range(partitions), (0, leader)))


def broken(code: int) -> Topic:
    """One of which nothing but an error code is said."""
    return Topic({}, code)


def healthy(brokers: Sequence[FakeBroker], topics: Mapping[str, int]) -> None:
    """Let every broker answer as one of a healthy cluster whose first broker leads and coordinates everything.

    `topics`: name → number of partitions; nothing lies in them, and no group has committed.
    """
    first = brokers[0]
    for broker in brokers:
        broker.on(Api.API_VERSIONS, versions)
        broker.on(Api.METADATA, cluster(brokers, {name: topic(n, first.node) for name, n in topics.items()}))
        broker.on(Api.FIND_COORDINATOR, coordinator(first))
        broker.on(Api.LIST_OFFSETS, list_offsets())
        broker.on(Api.FETCH, fetched())
        broker.on(Api.OFFSET_FETCH, offsets())
        broker.on(Api.INIT_PRODUCER_ID, lambda _: transaction.InitProducerIdResponse_v0(0, 0, 7, 0))
        broker.on(Api.PRODUCE, produced())
        broker.on(Api.TXN_OFFSET_COMMIT, offsets_in_transaction())
        broker.on(Api.END_TXN, lambda _: EndTxnResponse(0, 0, 7, 1, {}))
        broker.on(Api.CONSUMER_GROUP_DESCRIBE, described_new_groups())


def sequence(*handlers: Handler) -> Handler:
    """One after the other; the last for ever."""
    left = list(handlers)
    return lambda asked: (left.pop(0) if len(left) > 1 else left[0])(asked)


def versions(asked: Asked) -> Answer:
    """The versions of the broker; from version 3 on also the finalized feature `transaction.version` 2."""
    known = [(int(api), least, most) for api, (least, most) in asked.broker.versions.items()]
    if asked.version == 0:
        return admin.ApiVersionResponse_v0(0, known)
    if asked.version < 3:
        return admin.ApiVersionResponse_v1(0, known, 0)
    keys = b"".join(struct.pack(">hhh", *row) + TaggedFields.encode({}) for row in known)
    name = CompactString("utf-8").encode("transaction.version")
    features = _length(1) + name + Int16.encode(2) + Int16.encode(2) + TaggedFields.encode({})
    tags = UnsignedVarInt32.encode(1) + UnsignedVarInt32.encode(2) + UnsignedVarInt32.encode(len(features)) + features
    return Int16.encode(0) + _length(len(known)) + keys + Int32.encode(0) + tags


def _length(items: int) -> bytes:
    return UnsignedVarInt32.encode(items + 1)


def cluster(brokers: Sequence[FakeBroker], topics: Mapping[str, Topic], *, controller: int = 1) -> Handler:
    """Metadata, versions 5 and 12; what is asked for and not among the topics has code 3."""

    def handler(asked: Asked) -> Answer:
        if asked.version >= 12:
            named = asked.read(schemas.MetadataRequest12).topics
            return _metadata_12(brokers, _wanted(topics, named and [name for _, name, _ in named]), controller)
        request: Any = asked.read(metadata.MetadataRequest_v5)
        told: list[Any] = [
            (at.code, name, False, [(code, p, leader, [leader], [leader], []) for p, (code, leader) in _rows(at)])
            for name, at in _wanted(topics, request.topics).items()
        ]
        nodes = [(broker.node, broker.host, broker.port, None) for broker in brokers]
        return metadata.MetadataResponse_v5(0, nodes, CLUSTER, controller, told)

    return handler


def _wanted(topics: Mapping[str, Topic], names: Iterable[str] | None) -> Mapping[str, Topic]:
    return topics if names is None else {name: topics.get(name, broken(UNKNOWN_TOPIC)) for name in names}


def _rows(at: Topic) -> Iterable[tuple[int, tuple[int, int]]]:
    return at.partitions.items()


def _metadata_12(brokers: Sequence[FakeBroker], topics: Mapping[str, Topic], controller: int) -> Answer:
    nodes: list[Any] = [(broker.node, broker.host, broker.port, None, {}) for broker in brokers]
    told: list[Any] = [
        (
            at.code,
            name,
            at.id,
            False,
            [(code, p, leader, at.leader_epoch, [leader], [leader], [], {}) for p, (code, leader) in _rows(at)],
            -(2**31),
            {},
        )
        for name, at in topics.items()
    ]
    return schemas.MetadataResponse12(0, nodes, CLUSTER, controller, told, {})


def coordinator(broker: FakeBroker, code: int = 0) -> Handler:
    """FindCoordinator, version 1."""
    return lambda _: coordination.FindCoordinatorResponse_v1(0, code, None, broker.node, broker.host, broker.port)


def list_offsets(
    start: int = 0, end: int = 0, codes: Codes | None = None, lacking: Iterable[TopicPartition] = (), epoch: int = 0
) -> Handler:
    """ListOffsets, versions 3 to 5: `start` for the earliest, else `end`."""
    left_out = set(lacking)

    def handler(asked: Asked) -> Answer:
        with_epoch = asked.version >= 4
        request: Any = asked.read(schemas.ListOffsetsRequest5 if with_epoch else offset.OffsetRequest_v3)
        told: list[Any] = []
        for name, partitions in request.topics:
            rows: list[Any] = []
            for row in partitions:
                tp = TopicPartition(name, row[0])
                if tp not in left_out:
                    found = (row[0], (codes or {}).get(tp, 0), -1, start if row[-1] == -2 else end)
                    rows.append((*found, epoch) if with_epoch else found)
            if rows:
                told.append((name, rows))
        return (offset.OffsetResponse_v5 if with_epoch else offset.OffsetResponse_v3)(0, told)

    return handler


def fetched(
    records: Mapping[TopicPartition, bytes] | None = None,
    codes: Codes | None = None,
    *,
    top: int = 0,
    lacking: Iterable[TopicPartition] = (),
    wait: float = FETCH_WAIT,
    end: int = 0,
) -> Handler:
    """Fetch, version 11: a record set for partitions of `records`; with only empty answers after `wait` seconds."""
    left_out = set(lacking)

    async def handler(asked: Asked) -> Answer:
        request: Any = asked.read(fetch.FetchRequest_v11)
        told: list[Any] = []
        busy = bool(top)
        for name, partitions in request.topics:
            rows: list[Any] = []
            for partition, *_ in partitions:
                tp = TopicPartition(name, partition)
                code, data = (codes or {}).get(tp, 0), (records or {}).get(tp, b"")
                busy = busy or bool(code or data)
                if tp not in left_out:
                    rows.append((partition, code, end, end, 0, None, -1, data))
            told.append((name, rows))
        if not busy:
            await asyncio.sleep(wait)
        return fetch.FetchResponse_v11(0, top, 0, [] if top else told)

    return handler


def offsets(
    committed: Mapping[TopicPartition, tuple[int, str]] | None = None,
    codes: Codes | None = None,
    *,
    top: int = 0,
    lacking: Iterable[TopicPartition] = (),
    null: bool = False,
) -> Handler:
    """OffsetFetch, versions 3 and 6 to 7: (offset, metadata) where committed, else -1. With `top` no topics."""
    left_out = set(lacking)

    def handler(asked: Asked) -> Answer:
        flexible = asked.version >= 6
        request: Any = asked.read(schemas.OffsetFetchRequest7 if asked.version >= 7 else commit.OffsetFetchRequest_v3)
        told: list[Any] = []
        for name, partitions, *_ in () if top else request.topics:
            rows: list[Any] = []
            for partition in partitions:
                tp = TopicPartition(name, partition)
                at, text = (committed or {}).get(tp, (NO_OFFSET, ""))
                code = (codes or {}).get(tp, 0)
                if code:
                    at, text = NO_OFFSET, ""
                if tp not in left_out:
                    rows.append((partition, at, -1, text, code, {}) if flexible else (partition, at, text, code))
            if rows:
                told.append((name, rows, {}) if flexible else (name, rows))
        if flexible:
            return schemas.OffsetFetchResponse7(0, None if null else told, top, {})
        return commit.OffsetFetchResponse_v3(0, None if null else told, top)

    return handler


def produced(
    codes: Codes | None = None, *, base: Callable[[TopicPartition], int] = lambda _: 0, lacking: Iterable[Any] = ()
) -> Handler:
    """Produce, version 12; `base` gives the offset of a batch's first record."""
    left_out = set(lacking)

    def handler(asked: Asked) -> Answer:
        told: list[Any] = []
        for name, partitions, _ in asked.read(schemas.ProduceRequest12).topics:
            tps = [TopicPartition(name, partition) for partition, *_ in partitions]
            rows: list[Any] = [
                (tp.partition, (codes or {}).get(tp, 0), base(tp), -1, 0, [], None, {})
                for tp in tps
                if tp not in left_out
            ]
            told.append((name, rows, {}))
        return ProduceResponse(told, 0, {})

    return handler


def offsets_in_transaction(codes: Codes | None = None, *, lacking: Iterable[TopicPartition] = ()) -> Handler:
    """TxnOffsetCommit, version 5."""
    left_out = set(lacking)

    def handler(asked: Asked) -> Answer:
        request: Any = asked.read(TxnOffsetCommitRequest)
        told: list[Any] = []
        for name, partitions, _ in request.topics:
            tps = [TopicPartition(name, row[0]) for row in partitions]
            rows: list[Any] = [(tp.partition, (codes or {}).get(tp, 0), {}) for tp in tps if tp not in left_out]
            if rows:
                told.append((name, rows, {}))
        return TxnOffsetCommitResponse(0, told, {})

    return handler


def described_configs(
    configs: Mapping[str, Mapping[str, str]], codes: Mapping[str, int] | None = None, lacking: Iterable[str] = ()
) -> Handler:
    """DescribeConfigs, version 2: the named settings of topics."""
    left_out = set(lacking)

    def handler(asked: Asked) -> Answer:
        request: Any = asked.read(admin.DescribeConfigsRequest_v2)
        told: list[Any] = []
        for kind, name, _ in request.resources:
            code = (codes or {}).get(name, 0)
            rows: list[Any] = [(key, value, False, 1, False, []) for key, value in configs.get(name, {}).items()]
            if name not in left_out:
                told.append((code, None, kind, name, [] if code else rows))
        return admin.DescribeConfigsResponse_v2(0, told)

    return handler


def described_groups(
    members: int = 0, code: int = 0, *, kind: str = "consumer", state: str = "Stable", assignment: bytes = b""
) -> Handler:
    """DescribeGroups, version 4: every group asked for, alike."""

    def handler(asked: Asked) -> Answer:
        request = asked.read(DescribeGroupsRequest)
        who = [(f"m{n}", None, "client", "/127.0.0.1", b"", assignment) for n in range(members)]
        told = [(code, group, "" if code else state, kind, "", [] if code else who, 0) for group in request.groups]
        return DescribeGroupsResponse(0, told)

    return handler


GROUP_ID_NOT_FOUND = 69


def described_new_groups(code: int = GROUP_ID_NOT_FOUND, members: int = 0) -> Handler:
    """ConsumerGroupDescribe, version 0: without a code a group of the new protocol."""

    def handler(asked: Asked) -> Answer:
        nothing: tuple[Any, ...] = ([], {})
        who: list[Any] = [
            (f"m{n}", None, None, 1, "client", "/127.0.0.1", [], None, nothing, nothing, {}) for n in range(members)
        ]
        state = "" if code else "Stable" if members else "Empty"
        told: list[Any] = [
            (code, None, group, state, 1, 1, "uniform", who, -(2**31), {})
            for group in asked.read(ConsumerGroupDescribeRequest).groups
        ]
        return ConsumerGroupDescribeResponse(0, told, {})

    return handler


def created() -> Handler:
    """CreateTopics, version 3: all that is asked for."""

    def handler(asked: Asked) -> Answer:
        request: Any = asked.read(admin.CreateTopicsRequest_v3)
        told: list[Any] = [(name, 0, None) for name, *_ in request.create_topic_requests]
        return admin.CreateTopicsResponse_v3(0, told)

    return handler
