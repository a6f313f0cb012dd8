"""Produce requests put together from parts are aiokafka's own, byte for byte."""

from __future__ import annotations

import random
from typing import Any
from unittest import mock

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.producer import sender
from aiokafka.protocol.produce import ProduceRequest

from worker.kafka.seams import pinned
from worker.kafka.seams.fast import requests
from worker.kafka.seams.fast.requests import PartedProduceRequest

VERSIONS = range(8)


class Wire:
    """Where a connection writes to."""

    def __init__(self) -> None:
        self.written: list[Any] = []

    def write(self, data: Any) -> None:
        self.written.append(data)

    async def drain(self) -> None:
        """Nothing: it is all kept."""


async def sent(request: Any, version: int) -> bytes:
    """The bytes that aiokafka's connection writes to its socket for a request."""
    connection = AIOKafkaConnection("localhost", 9092, client_id="client")
    wire = Wire()
    connection._writer, connection._versions = wire, {0: (version, version)}
    await connection.send(request, expect_response=False)
    [data] = wire.written
    assert type(data) is bytes  # what transports take
    return data


def arguments(seed: int, transactional_id: str | None) -> dict[str, Any]:
    """A request with random topics, partitions and batches, of all kinds of buffers."""
    rng = random.Random(seed)
    kinds = (bytes, bytearray, lambda data: memoryview(bytearray(data)))
    topics = [
        (
            name,
            [(p, rng.choice(kinds)(rng.randbytes(rng.choice((0, 1, 500, 70_000))))) for p in range(rng.randrange(4))],
        )
        for name in ("decisions", "ticks.rejected", "ünïcode")[: rng.randrange(4)]
    ]
    return {"transactional_id": transactional_id, "required_acks": -1, "timeout": 15_000, "topics": topics}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", range(6))
async def test_the_same_bytes(seed: int, version: int) -> None:
    given = arguments(seed, "group-ticks-0" if version >= requests.TRANSACTIONS and seed % 2 else None)
    assert await sent(PartedProduceRequest(**given), version) == await sent(ProduceRequest(**given), version)


def test_the_sender_uses_it() -> None:
    with mock.patch.object(sender, "ProduceRequest", ProduceRequest):
        assert requests.install_parted_requests()
        assert sender.ProduceRequest is PartedProduceRequest


def test_another_version_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "version", lambda _: "0.15.0")
    with mock.patch.object(sender, "ProduceRequest", ProduceRequest):
        assert not requests.install_parted_requests()
        assert sender.ProduceRequest is ProduceRequest


def test_the_answer_is_read_as_before() -> None:
    ours = PartedProduceRequest(**arguments(1, None)).prepare({0: (7, 7)})
    own = ProduceRequest(**arguments(1, None)).prepare({0: (7, 7)})
    assert isinstance(ours, type(own))
    assert ours.RESPONSE_TYPE is own.RESPONSE_TYPE
