"""Clients that share no code with this project publish ticks and read decisions: kcat and confluent-kafka."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import confluent_kafka
import pytest
from aiokafka.partitioner import murmur2

from tests.integration.conftest import Bootstrap
from tests.support.fleet import Fleet
from tests.support.outputs import assert_equal, expected, published, read_input
from tests.support.ticks import group_settings, make_topics, ticks
from worker.operate.verify import check_group
from worker.settings import Settings
from worker.sources.record import Record

pytestmark = pytest.mark.kafka
PARTITIONS = 4
MISPLACED = (
    "a key is on a partition where murmur2 would not place it: one partitioner for all producers, or it gets two states"
)


def kcat(settings: Settings, *arguments: str, lines: str = "") -> str:
    """What kcat prints."""
    command = ["kcat", "-b", settings.kafka.bootstrap_servers, "-q", *arguments]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def publish_with_kcat(settings: Settings, records: list[Record]) -> None:
    lines = "".join(f"{record.key.decode()}|{record.value.decode()}\n" for record in records)
    kcat(settings, "-P", "-t", settings.topics.input, "-K", "|", "-X", "partitioner=murmur2_random", lines=lines)


def read_with_kcat(settings: Settings) -> list[tuple[int, str, Any]]:
    """(partition, key, decision) of every committed record."""
    options = ("-X", "isolation.level=read_committed", "-J", "-e", "-o", "beginning")
    envelopes = map(json.loads, kcat(settings, "-C", "-t", settings.topics.output, *options).splitlines())
    return [(e["partition"], e["key"], json.loads(e["payload"])) for e in envelopes]


def publish_with_confluent(settings: Settings, records: list[Record]) -> None:
    options = {"bootstrap.servers": settings.kafka.bootstrap_servers, "partitioner": "murmur2_random"}
    producer = confluent_kafka.Producer(options)
    for record in records:
        producer.produce(settings.topics.input, record.value, record.key, timestamp=record.timestamp_ms)
    assert producer.flush(30) == 0


def read_with_confluent(settings: Settings) -> list[tuple[int, str, Any]]:
    """(partition, key, decision) of every committed record."""
    found = published(settings)  # read by confluent-kafka
    name = settings.topics.decisions
    return [
        (partition, (line.key or b"").decode(), json.loads(line.value or b""))
        for partition in range(PARTITIONS)
        for line in found[name, partition]
    ]


Publish = Callable[[Settings, list[Record]], None]
Read = Callable[[Settings], list[tuple[int, str, Any]]]
NO_KCAT = pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed (Debian: kcat)")
CLIENTS = [
    pytest.param(publish_with_kcat, read_with_kcat, id="kcat", marks=NO_KCAT),
    pytest.param(publish_with_confluent, read_with_confluent, id="confluent-kafka"),
]


@pytest.mark.parametrize(("publish", "read"), CLIENTS)
async def test_publish_and_read(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path, publish: Publish, read: Read
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=PARTITIONS)
    await make_topics(settings)
    records = ticks(600, 30, 21, fault_rate=0.0)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker")
        publish(settings, records)
        await fleet.caught_up()
        await fleet.stop()
    decisions = read(settings)
    assert len(decisions) > 500
    for partition, key, decision in decisions:
        assert partition == (murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS
        assert decision["symbol"] == key
        assert decision["action"] in {"open_long", "open_short", "close", "reduce", "hold"}
        assert decision["reasons"]
    report = await check_group(settings)
    assert report.complete, report
    assert_equal(published(settings), expected(settings, read_input(settings)))


def publish_to(settings: Settings, records: list[Record], partition: int) -> None:
    """As a producer that places keys by a rule of its own."""
    producer = confluent_kafka.Producer({"bootstrap.servers": settings.kafka.bootstrap_servers})
    for record in records:
        producer.produce(settings.topics.input, record.value, record.key, partition, timestamp=record.timestamp_ms)
    assert producer.flush(30) == 0


async def test_a_file_published_again_is_decided_once_and_a_key_on_two_partitions_is_found(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=PARTITIONS)
    await make_topics(settings)
    records = ticks(600, 30, 22, fault_rate=0.0)
    for _ in range(2):
        publish_with_confluent(settings, records)
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker")
        await fleet.caught_up()
        assert worker.events(MISPLACED) == []
        report = await check_group(settings)
        assert report.complete, report
        assert sum(p.inputs for p in report.partitions) == 1_200
        assert sum(p.decisions for p in report.partitions) == len(read_with_confluent(settings)) <= 600
        key = records[0].key
        home = (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
        stranger = (home + 1) % PARTITIONS
        publish_to(settings, [record for record in records if record.key == key], stranger)
        await fleet.caught_up()
        (warning,) = worker.events(MISPLACED)
        assert (warning["partition"], warning["key"], warning["murmur2"]) == (stranger, key.decode(), home)
        await fleet.stop()
    report = await check_group(settings)
    assert report.split_keys == {key.decode(): sorted((home, stranger))}
    assert (report.complete, report.faults) == (False, 1)
