"""Requests of transactions byte for byte as Kafka's schemas of these versions have them, and their answers."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import IncompatibleBrokerVersion

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.offsets import Membership, Position
from worker.kafka.transactions.features import ApiVersionsResponse, ask_versions, transactions_of
from worker.kafka.transactions.requests import (
    EndTxnResponse,
    Producer,
    ProduceResponse,
    commit_offsets,
    end_transaction,
    produce,
)

ME = Producer(7, 3)


def encoded(request: Fixed, key: int, version: int) -> bytes:
    """The body, behind an empty header."""
    struct = request.prepare({key: (0, version + 1)})
    assert key == struct.API_KEY
    assert version == struct.API_VERSION
    assert struct.FLEXIBLE_VERSION
    body: Any = struct.encode()
    return bytes(b"" + (b"" + body))


@pytest.mark.parametrize(("former", "version"), [(False, 12), (True, 9)])
def test_a_produce_request(former: bool, version: int) -> None:
    batch = bytes(200)
    batches: list[Any] = [("out", 1, batch), ("state", 2, memoryview(b"xyz"))]
    assert encoded(produce("id", 15_000, batches, former), 0, version) == (
        b"\x03id" + b"\xff\xff" + (15_000).to_bytes(4, "big") + b"\x03"
        b"\x04out" + b"\x02" + b"\x00\x00\x00\x01" + b"\xc9\x01" + batch + b"\x00\x00"
        b"\x06state" + b"\x02" + b"\x00\x00\x00\x02" + b"\x04xyz" + b"\x00\x00"
        b"\x00"
    )  # fmt: skip


@pytest.mark.parametrize(("former", "version"), [(False, 5), (True, 3)])
def test_a_commit_of_offsets(former: bool, version: int) -> None:
    offsets = {TopicPartition("in", 5): Position(9, 2, "m")}
    member = Membership(4, "me", "one")
    assert encoded(commit_offsets("id", "group", ME, member, offsets, former), 28, version) == (
        b"\x03id\x06group" + (7).to_bytes(8, "big") + b"\x00\x03"
        b"\x00\x00\x00\x04" + b"\x03me" + b"\x04one" + b"\x02"
        b"\x03in\x02" + b"\x00\x00\x00\x05" + (9).to_bytes(8, "big") + b"\x00\x00\x00\x02" + b"\x02m" + b"\x00\x00"
        b"\x00"
    )  # fmt: skip


@pytest.mark.parametrize("commit", [True, False])
def test_the_end_of_a_transaction(commit: bool) -> None:
    expected = b"\x03id" + (7).to_bytes(8, "big") + b"\x00\x03" + bytes([commit]) + b"\x00"
    assert encoded(end_transaction("id", ME, commit=commit, former=False), 26, 5) == expected


def test_the_answer_to_a_produce_request() -> None:
    partition = b"\x00\x00\x00\x01" + b"\x00\x33" + (42).to_bytes(8, "big") + b"\xff" * 8 + bytes(8) + b"\x01" + b"\x00"
    leader = b"\x01\x00\x04abcd"  # tag 0, four bytes: whoever leads now
    answer = ProduceResponse.decode(BytesIO(b"\x02\x04out\x02" + partition + leader + b"\x00" + bytes(4) + b"\x00"))
    assert list(answer.codes()) == [51]
    assert answer.topics[0][0] == "out"
    assert answer.topics[0][1][0][0] == 1


def test_the_answer_to_an_end() -> None:
    answer = EndTxnResponse.decode(BytesIO(bytes(4) + b"\x00\x5a" + (8).to_bytes(8, "big") + b"\x00\x04" + b"\x00"))
    assert (list(answer.codes()), answer.producer_id, answer.producer_epoch) == ([90], 8, 4)


@pytest.mark.parametrize("versions", [{}, {26: (0, 4)}, {26: (6, 9)}])
def test_a_broker_that_does_not_know_the_version(versions: dict[int, tuple[int, int]]) -> None:
    with pytest.raises(IncompatibleBrokerVersion, match="EndTxnRequest"):
        end_transaction("id", ME, commit=True, former=False).prepare(versions)


def told(features: bytes | None) -> Any:
    tags = b"\x00" if features is None else b"\x02\x01\x08" + bytes(8) + b"\x02" + bytes([len(features)]) + features
    return ApiVersionsResponse.decode(BytesIO(b"\x00\x00" + b"\x02\x00\x1a\x00\x00\x00\x05\x00" + bytes(4) + tags))


def feature(name: bytes, level: int) -> bytes:
    return bytes([len(name) + 1]) + name + level.to_bytes(2, "big") + b"\x00\x00" + b"\x00"


def test_the_version_of_transactions_that_a_cluster_has() -> None:
    both = b"\x03" + feature(b"group.version", 1) + feature(b"transaction.version", 2)
    assert transactions_of(told(both)) == 2
    assert transactions_of(told(b"\x02" + feature(b"group.version", 1))) == 0
    assert transactions_of(told(None)) == 0


def test_the_answer_about_versions_has_the_old_header() -> None:
    struct = ask_versions().prepare({18: (0, 4)})
    assert struct.parse_response_header(BytesIO(b"\x00\x00\x00\x05")).correlation_id == 5  # type: ignore[union-attr]
