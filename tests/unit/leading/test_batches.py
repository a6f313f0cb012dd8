"""How the records of a transaction lie in batches: none is larger than a topic takes, and their order stays."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
from aiokafka.record.memory_records import MemoryRecords

from worker.kafka.records.outputs import Output
from worker.kafka.transactions import TransactionalProducer
from worker.leading.ledger import _sent
from worker.leading.records import Placed, state_records

BYTES = 1_000_000


class Recording(TransactionalProducer):
    """A producer that keeps its batches."""

    def __init__(self) -> None:
        options = {"bootstrap_servers": "127.0.0.1:1", "request_timeout_ms": 1_000}
        super().__init__(
            options, transactional_id="t", transaction_timeout_ms=1, max_batch_size=BYTES, retry_backoff_ms=1
        )
        self.batches: list[bytes] = []

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[int]:
        self.batches.append(bytes(batch._build()))
        sent: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        sent.set_result(0)
        return sent


async def sent(records: list[Placed]) -> list[bytes]:
    producer = Recording()
    await _sent(producer, records, BYTES)
    return producer.batches


def values(batches: list[bytes]) -> list[bytes | None]:
    found = []
    for batch in batches:
        records = MemoryRecords(batch)
        while (one := records.next_batch()) is not None:
            found += [record.value for record in one]
    return found


async def test_a_state_of_any_size_goes_out_in_batches_that_fit() -> None:
    noise = np.random.default_rng(1).bytes(5_000_000)
    records = list(state_records("state", [("ret-1", b"1"), ("head", noise)], 1))
    found = await sent(records)
    assert max(map(len, found)) <= BYTES
    assert len(found) <= 7
    assert values(found) == [one.record.value for one in records]


async def test_a_record_larger_than_a_batch_is_packed_alone_in_its_place() -> None:
    large = b"".join(b'"SYM%06d",' % at for at in range(200_000))
    given = [b"1", large, b"2", b"3"]
    found = await sent([Placed(0, Output("portfolio", b"*", value, 1, ())) for value in given])
    assert max(map(len, found)) <= BYTES < len(large)
    assert len(found) == 3
    assert values(found) == given
