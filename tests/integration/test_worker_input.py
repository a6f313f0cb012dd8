"""What lies in the input topic: bad records, huge records, foreign headers and aborted transactions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import confluent_kafka
import pytest
from aiokafka import AIOKafkaProducer

from tests.chaos.catalogue import fault
from tests.corpus import CASES
from tests.integration.conftest import Bootstrap
from tests.support.fleet import Fleet
from tests.support.outputs import assert_equal, expected, published, read_input, read_topic
from tests.support.ticks import group_settings, make_topics, ticks
from worker.operate.verify import check_group
from worker.settings import Settings

pytestmark = pytest.mark.kafka

HUGE = 6 * 1024 * 1024
LARGE_INPUT = {"max.message.bytes": str(8 * 1024 * 1024)}
TRACE = ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
TICK = b'{"symbol":"AAA","ts":1577836800000,"open":1,"high":2,"low":0.5,"close":1.5,"volume":10,"interval":"1m"}'
NEXT = TICK.replace(b"1577836800000", b"1577836860000")
STAMP = 1_577_836_920_000  # both bars have closed

BAD: list[tuple[bytes | None, bytes | None, str]] = [
    (b"AAA", b'{"symbol":"AAA",', "malformed_record"),
    (b"AAA", b"\xff\xfe\x00", "malformed_record"),
    (b"AAA", b"[" * 5_000, "malformed_record"),
    (b"AAA", NEXT.replace(b'"open":1', b'"open":NaN'), "malformed_record"),
    (b"AAA", b'{"symbol":"AAA"}', "missing_field"),
    (None, NEXT, "missing_key"),
    (b"AAA", None, "tombstone"),
    (b"BBB", NEXT, "key_mismatch"),
    (b"\xff\xff", NEXT, "key_mismatch"),
    (b"AAA", b"x" * HUGE, "payload_too_large"),
    (b"AAA", TICK, "duplicate_bar"),
]


async def produce(settings: Settings, records: Iterable[tuple[bytes | None, bytes | None, int]]) -> None:
    """To partition 0, one by one."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka.bootstrap_servers, enable_idempotence=True, max_request_size=8 * 1024 * 1024
    )
    await producer.start()
    try:
        for key, value, timestamp in records:
            # As a batch, for `send` refuses a record without key and value; other clients write it.
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=timestamp, headers=[TRACE, ("other", b"x")])
            await (await producer.send_batch(batch, settings.topics.input, partition=0))
    finally:
        await producer.stop()


@fault("F11", "F12", "F13")
async def test_bad_records_end_in_rejections_and_the_worker_goes_on(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings, ticks_raw=LARGE_INPUT)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker")
        await produce(settings, [(b"AAA", TICK, STAMP), *((k, v, STAMP) for k, v, _ in BAD), (b"AAA", NEXT, STAMP)])
        await fleet.caught_up()
        await fleet.stop()
    (rejected,) = read_topic(broker.bootstrap, settings.topics.rejections, 1)
    told = [json.loads(record.value or b"") for record in rejected]
    assert [rejection["codes"] for rejection in told] == [[code] for _, _, code in BAD]
    assert [record.key for record in rejected] == [key for key, _, _ in BAD]
    (huge,) = (rejection for rejection in told if rejection["codes"] == ["payload_too_large"])
    assert (huge["payload_bytes"], len(huge["payload"])) == (HUGE, 65_536)
    (decided,) = read_topic(broker.bootstrap, settings.topics.output, 1)
    assert [json.loads(record.value or b"")["sequence"] for record in decided] == [1, 10]
    for record in (*rejected, *decided):
        assert TRACE in record.headers
        assert "other" not in dict(record.headers)
    assert (await check_group(settings)).complete
    assert_equal(published(settings), expected(settings, read_input(settings)))


@fault("F11", "F13")
async def test_every_record_of_the_corpus_has_one_outcome(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings, ticks_raw=LARGE_INPUT)
    await produce(settings, ((case.key, case.value, case.timestamp) for case in CASES))
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker")
        await fleet.caught_up()
        await fleet.stop()
    report = await check_group(settings)
    assert report.complete, report
    assert report.partitions[0].inputs == len(CASES)
    assert_equal(published(settings), expected(settings, read_input(settings)))


def produce_transactions(settings: Settings, prefix: str) -> tuple[int, int]:
    """Ticks in transactions, every second one aborted, the last one too; returns the numbers kept and aborted."""
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": settings.kafka.bootstrap_servers, "transactional.id": f"{prefix}-source"}
    )
    producer.init_transactions(30)
    records = ticks(1_200, 20, 5)
    counts = [0, 0]
    for number, start in enumerate(range(0, len(records), 100)):
        producer.begin_transaction()
        part = records[start : start + 100]
        for record in part:
            producer.produce(settings.topics.input, record.value, record.key, timestamp=record.timestamp_ms)
        producer.flush(30)
        if number % 2:
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)
        counts[number % 2] += len(part)
    return counts[0], counts[1]


@fault("F25")
async def test_aborted_input_has_no_outcome_and_leaves_no_lag(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix)
    await make_topics(settings)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker")
        kept, aborted = produce_transactions(settings, topic_prefix)
        assert kept == aborted == 600
        await fleet.caught_up()
        await fleet.stop()
        assert sum(await fleet.progress.ends()) >= kept + aborted + 12  # markers take offsets too
        again = await fleet.started("again")
        await again.ready(partitions=4)
        assert sum(await fleet.progress.lag()) == 0
        await fleet.stop()
    inputs = read_input(settings)
    assert sum(map(len, inputs)) == kept
    report = await check_group(settings)
    assert report.complete, report
    assert sum(p.inputs for p in report.partitions) == kept
    assert_equal(published(settings), expected(settings, inputs))
