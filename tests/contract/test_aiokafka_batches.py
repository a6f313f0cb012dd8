"""`FinishedBatch` is all that the producer of the pinned version uses of its own `BatchBuilder`."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import numpy as np
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer import message_accumulator
from aiokafka.producer.message_accumulator import BatchBuilder, MessageAccumulator, MessageBatch
from aiokafka.protocol.types import Bytes
from aiokafka.record.memory_records import MemoryRecords

from worker.kafka.seams.fast.sending import FinishedBatch
from worker.wire.crc32c import available
from worker.wire.framing import HEADER, put_header
from worker.wire.writer import RecordBatch


def finished(transactional: bool = True) -> FinishedBatch:
    """A batch of one record: no key, no value, no header."""
    record = bytes([12, 0, 0, 0, 1, 1, 0])
    buffer = np.frombuffer(bytearray(HEADER.size) + record, np.uint8)
    put_header(buffer, buffer.size, (1_000, 1_000), 1, transactional)
    return FinishedBatch(RecordBatch(buffer.data, 1))


def theirs(transactional: bool = True) -> BatchBuilder:
    builder = BatchBuilder(1_000, 0, is_transactional=transactional)
    assert builder.append(timestamp=1_000, key=None, value=None, headers=[])
    return builder


def used(function: Any) -> set[str]:
    """Attributes of any `builder` or `_builder` that a function's source reads."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ((isinstance(node.value, ast.Attribute) and node.value.attr == "_builder")
             or (isinstance(node.value, ast.Name) and node.value.id == "builder"))
    }  # fmt: skip


def methods(kind: type) -> set[str]:
    return {name for name, value in vars(kind).items() if inspect.isfunction(value) and not name.startswith("__")}


def test_the_builder_has_no_method_that_is_not_there_too() -> None:
    assert methods(BatchBuilder) - methods(FinishedBatch) == {"_serialize"}
    assert methods(FinishedBatch) <= methods(BatchBuilder)
    for name in methods(FinishedBatch):
        wanted, found = (inspect.signature(getattr(kind, name)).parameters for kind in (BatchBuilder, FinishedBatch))
        assert list(found) == list(wanted)
        assert [p.kind for p in found.values()] == [p.kind for p in wanted.values()]


def test_the_producer_uses_nothing_else_of_it() -> None:
    use = used(MessageBatch) | used(MessageAccumulator) | used(AIOKafkaProducer.send_batch)
    assert use == {"append", "close", "closed", "record_count", "_set_producer_state", "_build"}
    assert use <= methods(FinishedBatch)
    assert "isinstance" not in inspect.getsource(AIOKafkaProducer.send_batch)
    assert "isinstance" not in inspect.getsource(message_accumulator)


@pytest.mark.parametrize("transactional", [True, False])
def test_it_answers_as_a_full_builder_does(transactional: bool) -> None:
    mine, other = finished(transactional), theirs(transactional)
    other.close()
    for builder in (mine, other):
        assert builder.closed()
        assert builder.append(timestamp=1, key=None, value=b"x", headers=[]) is None
        builder._set_producer_state(2**40, 7, 123_456)
    assert (mine.size(), mine.record_count()) == (other.size(), other.record_count())
    assert bytes(mine._build()) == bytes(other._build())
    assert Bytes.encode(mine._build()) == Bytes.encode(other._build())  # type: ignore[arg-type]
    assert mine.size() == other.size()


def test_building_again_gives_the_same_bytes_and_another_state_another_checksum() -> None:
    batch = finished()
    batch._set_producer_state(1, 2, 3)
    first = bytes(batch._build())
    assert bytes(batch._build()) == first
    batch._set_producer_state(1, 3, 0)
    second = bytes(batch._build())
    assert second != first
    batch._set_producer_state(1, 2, 3)
    assert bytes(batch._build()) == first
    for data in (first, second):
        batch_read: Any = MemoryRecords(data).next_batch()
        assert batch_read.validate_crc()


async def test_a_batch_that_is_sent_again_keeps_its_state() -> None:
    class Transactions:
        producer_id, producer_epoch, transactional_id, next = 9, 1, "t", 40

        def has_pid(self) -> bool:
            return True

        def sequence_number(self, tp: TopicPartition) -> int:
            return self.next

        def increment_sequence_number(self, tp: TopicPartition, by: int) -> None:
            self.next += by

        def maybe_add_partition_to_txn(self, tp: TopicPartition) -> None:
            pass

    tp = TopicPartition("decisions", 0)
    accumulator = MessageAccumulator(None, 1_000, 0, 30, txn_manager=Transactions())
    future = await accumulator.add_batch(finished(), tp, 1)
    sent = accumulator._pop_batch(tp)
    first = bytes(sent.get_data_buffer())
    accumulator.reenqueue(sent)
    again = accumulator._pop_batch(tp)
    assert again is sent
    assert bytes(again.get_data_buffer()) == first
    batch: Any = MemoryRecords(first).next_batch()
    assert (batch.producer_id, batch.producer_epoch, batch.base_sequence, batch.is_transactional) == (9, 1, 40, True)
    again.done(17)
    assert (await future).offset == 17


@pytest.mark.parametrize("compiled", [True, False])
def test_either_checksum_is_right(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if compiled and not available():
        pytest.skip("this processor has no instruction for it")
    monkeypatch.setattr("worker.kafka.records.checksum.COMPILED", compiled)
    batch, other = finished(), theirs()
    for builder in (batch, other):
        builder._set_producer_state(1, 2, 3)
    assert bytes(batch._build()) == bytes(other._build())
