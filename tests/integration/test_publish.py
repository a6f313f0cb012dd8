"""`publish` on a real broker: partitions, order, timestamps, limits and what the user is told."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import confluent_kafka
import pytest

from tests.integration.conftest import Bootstrap
from tests.support.kafka import create_topics, read_partition
from worker.broker import Broker
from worker.errors import BrokerUnavailable, ConfigError, DataError, Exit, TryAgain
from worker.sources import delivery
from worker.sources.publisher import publish_records
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records

pytestmark = pytest.mark.kafka
PARTITIONS = 5


@pytest.fixture
async def topic(broker: Bootstrap, topic_prefix: str) -> str:
    """An empty topic with five partitions."""
    name = f"{topic_prefix}.ticks"
    await create_topics(broker.bootstrap, {name: PARTITIONS})
    return name


async def start(name: str, *arguments: str) -> asyncio.subprocess.Process:
    """A command as a process of its own."""
    code = f"import typer; from worker.cli.{name} import {name}; typer.run({name})"
    return await asyncio.create_subprocess_exec(sys.executable, "-c", code, *arguments, stdout=PIPE, stderr=PIPE)


async def run_command(name: str, *arguments: str) -> tuple[int | None, str, str]:
    """Exit code, standard output and standard error of a command."""
    process = await start(name, *arguments)
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


def consume(bootstrap: str, topic: str) -> dict[int, list[Record]]:
    """All records by partition, read with librdkafka."""
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{topic}-reader",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([confluent_kafka.TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    found: dict[int, list[Record]] = defaultdict(list)
    ended: set[int] = set()
    try:
        while len(ended) < PARTITIONS:
            message = consumer.poll(10.0)
            assert message is not None, "the broker went silent before the end of the partitions"
            partition = message.partition()
            assert partition is not None
            if error := message.error():
                assert error.code() == confluent_kafka.KafkaError._PARTITION_EOF
                ended.add(partition)
                continue
            assert message.headers() is None
            key, value = message.key(), message.value()
            assert key is not None
            assert value is not None
            found[partition].append(Record(key, value, message.timestamp()[1]))
    finally:
        consumer.close()
    return dict(found)


def librdkafka_partitions(bootstrap: str, topic: str, keys: set[bytes]) -> dict[bytes, int]:
    """Where librdkafka's murmur2_random partitioner puts each key."""
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})
    homes: dict[bytes, int] = {}

    def delivered(error: confluent_kafka.KafkaError | None, message: confluent_kafka.Message) -> None:
        key, partition = message.key(), message.partition()
        assert error is None
        assert key is not None
        assert partition is not None
        homes[key] = partition

    for key in keys:
        producer.produce(topic, key=key, value=b"{}", on_delivery=delivered)
    assert producer.flush(30) == 0
    return homes


def by_key(records: Iterator[Record]) -> dict[bytes, list[Record]]:
    grouped: dict[bytes, list[Record]] = defaultdict(list)
    for record in records:
        grouped[record.key].append(record)
    return dict(grouped)


async def test_every_record_arrives_once_in_order_on_the_partition_of_the_java_client(
    broker: Bootstrap, topic: str
) -> None:
    simulation = Simulation(symbols=200, bars=100, fault_rate=0.02)
    seen: list[int] = []
    summary = await publish_records(
        {"bootstrap_servers": broker.bootstrap}, topic, simulated_records(simulation), on_progress=seen.append
    )
    found = await asyncio.to_thread(consume, broker.bootstrap, topic)
    expected = by_key(simulated_records(simulation))
    received = by_key(record for partition in found.values() for record in partition)
    assert received == expected
    assert summary.records == sum(map(len, expected.values())) == seen[-1]
    assert summary.symbols == 200
    assert dict(summary.partitions) == {partition: len(records) for partition, records in found.items()}
    homes = await asyncio.to_thread(librdkafka_partitions, broker.bootstrap, topic, set(expected))
    assert homes == {record.key: partition for partition, records in found.items() for record in records}
    assert len(set(homes.values())) == PARTITIONS


async def test_batches_respect_the_topics_size_limit(broker: Bootstrap, topic_prefix: str) -> None:
    name = f"{topic_prefix}.small"
    await create_topics(broker.bootstrap, {name: 1}, {"max.message.bytes": "2000"})
    code, output, errors = await run_command(
        "publish", "--simulate", "3", "--bars", "200", "--topic", name, "-b", broker.bootstrap, "--json"
    )
    assert code == 0, errors
    assert json.loads(output)["records"] == 600
    assert len(await read_partition(broker.bootstrap, name, 0)) == 600


async def test_a_file_arrives_as_it_is(broker: Bootstrap, topic: str, tmp_path: Path) -> None:
    file = tmp_path / "abc.csv"
    file.write_text("date,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n2024-01-03,,2,0.5,NaN,10\n")
    code, output, errors = await run_command("publish", str(file), "--topic", topic, "-b", broker.bootstrap)
    assert code == 0, errors
    assert "1 of them lack a value" in output
    (records,) = (await asyncio.to_thread(consume, broker.bootstrap, topic)).values()
    assert [record.timestamp_ms for record in records] == [1_704_240_000_000, 1_704_326_400_000]
    assert records[1].value == (
        b'{"symbol":"ABC","ts":1704240000000,"open":null,"high":2.0,"low":0.5,"close":null,"volume":10.0,'
        b'"interval":"1d"}'
    )


async def test_bars_outside_kafkas_times_are_named_and_the_others_published(
    broker: Bootstrap, topic: str, tmp_path: Path
) -> None:
    file = tmp_path / "abc.csv"
    tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 86_400))
    rows = "".join(f"{day},1,2,0.5,1.5,10\n" for day in ("1965-01-04", "2024-01-02", "2024-01-03", tomorrow))
    file.write_text(f"date,open,high,low,close,volume\n{rows}")
    code, output, errors = await run_command(
        "publish", str(file), "--topic", topic, "-b", broker.bootstrap, "--interval", "1d", "--json"
    )
    assert code == Exit.DATA, errors
    told = json.loads(output)
    assert (told["records"], sum(told["not_published"].values())) == (2, 2)
    assert any("before 1970" in reason for reason in told["not_published"])
    assert any("in the future" in reason for reason in told["not_published"])


async def test_a_broker_that_refuses_a_time_is_one_sentence(broker: Bootstrap, topic: str) -> None:
    ahead = Record(b"ABC", b"{}", int(time.time() * 1_000) + 7_200_000)
    with pytest.raises(DataError, match="too far in the future"):
        await publish_records({"bootstrap_servers": broker.bootstrap}, topic, [ahead])


async def test_a_missing_topic_is_refused_and_not_created(broker: Bootstrap, topic_prefix: str) -> None:
    for _ in range(2):  # were it created by asking, the second time would succeed
        with pytest.raises(ConfigError, match="does not exist"):
            await publish_records({"bootstrap_servers": broker.bootstrap}, f"{topic_prefix}.nowhere", [])


async def test_a_dead_broker_is_unavailable() -> None:
    with pytest.raises(BrokerUnavailable):
        await publish_records({"bootstrap_servers": "127.0.0.1:1"}, "ticks.raw", [])


async def test_rate_paces_the_records(broker: Bootstrap, topic: str) -> None:
    records = simulated_records(Simulation(symbols=2, bars=50))
    summary = await publish_records({"bootstrap_servers": broker.bootstrap}, topic, records, rate=100.0)
    assert summary.records == 100
    assert summary.seconds >= 0.95  # the last of 100 is due after 0.99 s, and may be 0.02 s early


async def test_a_source_that_breaks_off_keeps_what_it_gave(broker: Bootstrap, topic: str) -> None:
    def breaking() -> Iterator[Record]:
        yield from simulated_records(Simulation(symbols=1, bars=10))
        raise DataError("the file ends in the middle of a row")

    with pytest.raises(DataError, match="middle of a row"):
        await publish_records({"bootstrap_servers": broker.bootstrap}, topic, breaking())
    found = await asyncio.to_thread(consume, broker.bootstrap, topic)
    assert sum(map(len, found.values())) == 10


async def test_interrupt_sends_what_was_taken_and_reports(broker: Bootstrap, topic: str) -> None:
    source = ("--simulate", "2", "--bars", "100000", "--rate", "200")
    process = await start("publish", *source, "--json", "--topic", topic, "-b", broker.bootstrap)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            line = await process.stderr.readline()  # the first progress line, after five seconds
            assert line.startswith(b"published "), line
            process.send_signal(signal.SIGINT)
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == Exit.INTERRUPTED, errors
    told = json.loads(output)
    assert told["interrupted"] is True
    found = await asyncio.to_thread(consume, broker.bootstrap, topic)
    assert told["records"] == sum(map(len, found.values())) > 0


async def test_a_broker_that_stays_away_is_an_error_that_says_what_was_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "STOP_TIMEOUT", 2.0)
    with Broker() as mortal:
        await create_topics(mortal.bootstrap, {"ticks": 2})
        acknowledged: list[int] = []

        def progress(count: int) -> None:
            if not acknowledged:
                mortal.kill()
            acknowledged.append(count)

        records = simulated_records(Simulation(symbols=4, bars=100_000))
        options = {"bootstrap_servers": mortal.bootstrap, "request_timeout_ms": 2_000}
        with pytest.raises(TryAgain) as failed:
            await publish_records(options, "ticks", records, 2_000.0, progress, delivery_timeout=4.0)
        assert f" {acknowledged[-1]:,} records are acknowledged" in failed.value.message
        assert failed.value.exit_code == Exit.TEMPORARY


def without_repeats(records: list[Record]) -> list[Record]:
    """The records without runs that were there before: what a producer sent again."""
    return list(dict.fromkeys(records))


async def test_a_killed_broker_that_comes_back_gets_the_whole_file() -> None:
    simulation = Simulation(symbols=20, bars=2_000)
    total = simulation.symbols * simulation.bars
    with Broker() as mortal:
        await create_topics(mortal.bootstrap, {"ticks": PARTITIONS})
        restarts: list[asyncio.Future[Broker]] = []
        waits, ends = list[float](), list[float]()

        def progress(count: int) -> None:
            if count > total * (len(restarts) + 1) // 3 and len(restarts) < 2:
                mortal.kill()
                restarts.append(asyncio.get_running_loop().run_in_executor(None, mortal.start))

        options = {"bootstrap_servers": mortal.bootstrap, "request_timeout_ms": 2_000, "max_batch_size": 16_384}
        summary = await publish_records(
            options,
            "ticks",
            simulated_records(simulation),
            None,
            progress,
            on_wait=waits.append,
            on_recovery=ends.append,
        )
        await asyncio.gather(*restarts)
        found = await asyncio.to_thread(consume, mortal.bootstrap, "ticks")
    assert len(restarts) == 2
    assert (summary.records, sum(summary.partitions.values())) == (total, total)
    assert sum(map(len, found.values())) - total <= summary.repeated
    arrived = {partition: without_repeats(records) for partition, records in found.items()}
    assert by_key(record for records in arrived.values() for record in records) == by_key(simulated_records(simulation))
    assert len(waits) == len(ends) <= len(restarts)


async def test_doctor_tells_whether_the_topics_fit(broker: Bootstrap, topic_prefix: str) -> None:
    arguments = ["-b", broker.bootstrap, "--prefix", f"{topic_prefix}."]
    code, output, _ = await run_command("doctor", *arguments)
    assert code == Exit.CONFIG
    assert f"✓ broker: {broker.bootstrap} answers" in output
    assert "✗ topics: missing topics" in output
    assert "alphapulse topics create" in output
    names = ("ticks.raw", "decisions", "ticks.rejected")
    await create_topics(broker.bootstrap, {f"{topic_prefix}.{name}": 2 for name in names})
    compact = {"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"}
    await create_topics(broker.bootstrap, {f"{topic_prefix}.worker.state.alphapulse": 2}, compact)
    code, output, errors = await run_command("doctor", *arguments)
    assert code == Exit.OK, output + errors
    assert "✓ topics:" in output
