"""Finished batches are the bytes that aiokafka's builder makes of the exact path's outputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from aiokafka import TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from tests.support.examples import drawn
from tests.unit.wire.inputs import Batch, odd, played
from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.records.raw import RawRecords
from worker.engine.settings import EngineSettings
from worker.kafka.records.outputs import Output
from worker.settings import TopicSettings
from worker.stream.output.builder import OutputBuilder
from worker.stream.output.encoder import OutputEncoder, consumed

TP, GROUP, TOPICS = TopicPartition("ticks.raw", 3), "alpha", TopicSettings()
LIMIT = 262_144


def settings(detail: str = "compact") -> EngineSettings:
    return EngineSettings.model_validate({"decision": {"detail": detail}})


def exact(batch: Batch, detail: str = "compact") -> list[Output]:
    outcomes = OutcomeBuilder(settings(detail)).build(batch.raw.records(), batch.decoded, batch.outs)
    return list(OutputBuilder(TOPICS, GROUP).outputs(consumed(batch.raw, TP), outcomes))


def built(outputs: Iterable[Output], limit: int, transactional: bool = True) -> list[bytes]:
    """What aiokafka's builders make of the outputs, filled one after the other as the sink does."""
    builders: list[BatchBuilder] = []
    for output in outputs:
        key, value, headers = output.key, output.value, list(output.headers)
        fields: Any = {"key": key, "value": value, "timestamp": output.timestamp_ms, "headers": headers}
        if not builders or builders[-1].append(**fields) is None:
            builders.append(BatchBuilder(limit, 0, is_transactional=transactional))
            assert builders[-1].append(**fields) is not None
    for n, builder in enumerate(builders):
        builder._set_producer_state(77, 5, n)
    return [bytes(builder._build()) for builder in builders]


def encoder(limit: int, detail: str = "compact", transactional: bool = True) -> OutputEncoder:
    return OutputEncoder(settings(detail), TOPICS, GROUP, TP, limit, transactional)


def finished(batch: Batch, limit: int, transactional: bool = True) -> list[bytes]:
    batches = list(encoder(limit, transactional=transactional).encode(*batch).decisions)
    for n, each in enumerate(batches):
        each._set_producer_state(77, 5, n)
    return [bytes(each._build()) for each in batches]


def decisions(outputs: Iterable[Output]) -> list[Output]:
    return [output for output in outputs if output.topic == TOPICS.output]


@pytest.mark.parametrize("seed", [1, 2])
def test_odd_records_give_the_bytes_of_aiokafka(seed: int) -> None:
    batch = odd(drawn(1_500, 11_000), seed)
    assert finished(batch, LIMIT) == built(exact(batch), LIMIT)


def test_the_market_gives_the_bytes_of_aiokafka() -> None:
    batch = played()
    wanted = exact(batch)
    assert finished(batch, LIMIT, transactional=False) == built(decisions(wanted), LIMIT, transactional=False)
    others = list(encoder(LIMIT).encode(*batch).others)
    assert others == [output for output in wanted if output.topic == TOPICS.rejections]
    assert len(others) > 50


def test_batches_are_split_where_aiokafka_splits_them() -> None:
    batch = odd(12, 3)
    wanted = decisions(exact(batch))
    for limit in [*range(1, 6_000, 1_999), *range(6_000, 6_400), 10**6]:
        assert finished(batch, limit) == built(wanted, limit), limit


def test_aiokafka_reads_back_what_was_written() -> None:
    batch = odd(2_000, 4)
    wanted = decisions(exact(batch))
    read = []
    for data in finished(batch, LIMIT):
        records = MemoryRecords(data)
        while records.has_next():
            each: Any = records.next_batch()
            assert each.validate_crc()
            assert (each.producer_id, each.producer_epoch, each.is_transactional) == (77, 5, True)
            read += [(r.key, r.value, r.timestamp, list(r.headers)) for r in each]
    assert read == [(o.key, o.value, o.timestamp_ms, list(o.headers)) for o in wanted]


def test_values_and_records_of_unusual_size_are_moved_into_place() -> None:
    batch = odd(200, 5)
    batch.outs["patterns"]["candles"] = 100
    batch.outs["patterns"]["events"] = -300
    batch.outs["validation"]["mask"] = (1 << 38) - 1
    batch.raw.rows["headers"][:100], batch.raw.rows["headers_size"][:100] = 0, 1
    wanted = exact(batch)
    assert max(len(output.value or b"") for output in wanted) > 2_000
    assert finished(batch, LIMIT) == built(wanted, LIMIT)
    sizes = [sum(len(name) + len(value or b"") for name, value in output.headers) for output in wanted]
    assert max(sizes) > 8_192


def test_full_detail_takes_the_exact_path() -> None:
    batch = played("full")
    few = Batch(batch.raw.slice(0, 60), batch.decoded._replace(bars=batch.decoded.bars[:60]), batch.outs[:60])
    given = encoder(LIMIT, "full").encode(*few)
    assert list(given.decisions) == []
    assert list(given.others) == exact(few, "full")


def test_nothing_gives_nothing() -> None:
    empty = Batch(RawRecords(np.zeros(0, np.uint8), odd(1, 1).raw.rows[:0]), odd(1, 1).decoded, odd(1, 1).outs[:0])
    given = encoder(LIMIT).encode(*empty)
    assert list(given.decisions) == []
    assert list(given.others) == []


def test_each_batch_has_memory_of_its_own() -> None:
    first, second = list(encoder(60_000).encode(*odd(60, 6)).decisions)[:2]
    before = bytes(first._build())
    second._set_producer_state(1, 1, 1)
    second._build()
    assert bytes(first._build()) == before
