"""F19, F20, F21, F24, F25, F26: what the input may be like. Poison is proven in the integration tests."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import confluent_kafka
import msgspec
import pytest

from schemas import Rejection
from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.chaos.scene import SYMBOLS, scene, some_ticks
from tests.support.fleet import Fleet, until
from tests.support.oracle import PATIENCE, proven, whole
from tests.support.outputs import Outputs, assert_equal, count, expected, published, read_input, read_topic
from tests.support.ticks import publish, ticks
from worker.settings import Settings
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records

pytestmark = pytest.mark.kafka

FOREIGN: list[tuple[str, str | bytes | None]] = [("x-trace", b"\x00\xff"), ("x-none", None)]
CODECS = ("gzip", "snappy", "lz4", "zstd")


async def run(settings: Settings, folder: Path, total: int) -> Outputs:
    """The outputs of one worker over what has been published."""
    async with Fleet(settings, folder) as fleet:
        fleet.start("worker")
        return await proven(fleet, total)


def codes(settings: Settings) -> set[str]:
    """All codes among the rejections."""
    topics = settings.topics
    found = read_topic(settings.kafka.bootstrap_servers, topics.rejections, topics.partitions)
    decode = msgspec.json.Decoder(Rejection).decode
    return {code for record in chain(*found) for code in decode(record.value or b"").codes}


@fault("F19")
async def test_repeated_late_and_unordered_ticks(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    kinds = ("dup", "revision", "out_of_order", "future")
    market = list(simulated_records(Simulation(symbols=SYMBOLS, bars=40, seed=3, fault_rate=0.3, faults=kinds)))
    half = len(market) // 2
    # A publisher that retries sends a stretch of the past once more.
    records = [*market[:half], *market[half - 300 : half], *market[half:]]
    settings = await scene(cluster, topic_prefix)
    await publish(settings, records)
    await run(settings, tmp_path, len(records))
    assert {"duplicate_bar", "conflicting_duplicate", "out_of_order", "future_timestamp"} <= codes(settings)


def hot_market(total: int) -> list[Record]:
    """Nine of ten records are one symbol's."""
    hot = ticks(total * 9 // 10, 1, 5)
    others = [record for record in ticks(total, SYMBOLS, 5) if record.key != hot[0].key][: total - len(hot)]
    return list(chain(*(chain(hot[9 * n : 9 * n + 9], [other]) for n, other in enumerate(others))))


@fault("F20")
async def test_a_hot_symbol_holds_up_its_own_partition_only(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    records = hot_market(12_000)
    settings = await scene(cluster, topic_prefix)
    await publish(settings, records)
    async with Fleet(settings, tmp_path) as fleet:
        ends = await fleet.progress.ends()
        hot = ends.index(max(ends))
        assert ends[hot] > 0.8 * sum(ends)
        fleet.start("worker")

        async def others_done() -> bool:
            lag = await fleet.progress.lag()
            return sum(lag) - lag[hot] == 0

        await until(others_done, PATIENCE, "the other partitions at their end")
        assert (await fleet.progress.behind())[hot] > 0.3 * ends[hot]
        await proven(fleet, len(records))


@fault("F24")
async def test_fields_of_a_later_schema_change_nothing(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    total = 1_200
    settings = await scene(cluster, topic_prefix)
    plain = ticks(total, SYMBOLS, 9, fault_rate=0.0)
    await publish(settings, [evolved(record, number) for number, record in enumerate(plain)])
    async with Fleet(settings, tmp_path) as fleet:
        fleet.start("worker")
        found = await whole(fleet, total)
    values: dict[tuple[bytes | None, int], bytes] = {(r.key, r.timestamp_ms): r.value for r in plain}
    before = [[replace(r, value=values[r.key, r.timestamp]) for r in records] for records in read_input(settings)]
    assert_equal(found, expected(settings, before))


def evolved(record: Record, number: int) -> Record:
    """The record with fields that this release does not know: a scalar, a nested one, before and after the known."""
    fields = json.loads(record.value)
    new = {"venue": "X"} if number % 2 else {"book": {"bid": [1.5, None], "deep": {"a": [[]]}}}
    return record._replace(value=json.dumps(new | fields if number % 3 else fields | new).encode())


@fault("F25")
async def test_an_open_transaction_in_the_input_is_waited_for(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    records = some_ticks(1_800)
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker")
        await publish(settings, records[:600])
        source = confluent_kafka.Producer(
            {
                "bootstrap.servers": cluster.bootstrap,
                "transactional.id": topic_prefix,
                "partitioner": "murmur2_random",
            }
        )
        source.init_transactions(20)
        source.begin_transaction()
        for record in records[600:1_200]:
            source.produce(settings.topics.input, record.value, record.key, timestamp=record.timestamp_ms)
        source.flush(20)
        await publish(settings, records[1_200:])

        async def before_it() -> bool:
            return sum(await fleet.progress.committed()) == 600

        await until(before_it, PATIENCE, "everything before the open transaction")
        assert count(published(settings)) == 600
        source.commit_transaction(20)
        await proven(fleet, len(records))


@fault("F26")
async def test_compressed_input_with_foreign_headers(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    records = some_ticks(1_600)
    settings = await scene(cluster, topic_prefix)
    share = len(records) // len(CODECS)
    for number, codec in enumerate(CODECS):
        source = confluent_kafka.Producer(
            {
                "bootstrap.servers": cluster.bootstrap,
                "compression.type": codec,
                "partitioner": "murmur2_random",
                "linger.ms": 50,
            }
        )
        for record in islice(records, number * share, (number + 1) * share):
            source.produce(
                settings.topics.input, record.value, record.key, timestamp=record.timestamp_ms, headers=FOREIGN
            )
        assert source.flush(20) == 0
    found = await run(settings, tmp_path, len(records))
    assert not any(name.startswith("x-") for lines in found.values() for line in lines for name, _ in line.headers)


@fault("F21")
@pytest.mark.timeout(1_800)
async def test_a_hundred_thousand_symbols(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    symbols, bytes_a_symbol, restore_seconds = 100_000, 48 * 1024, 60.0
    settings = await scene(cluster, topic_prefix, max_batch_records=5_000, fetch_max_bytes=1_048_576)
    await publish(settings, simulated_records(Simulation(symbols=symbols, bars=1, seed=2)))
    async with Fleet(settings, tmp_path) as fleet:
        worker = fleet.start("worker")
        await fleet.caught_up(900)
        assert worker.memory[1] < symbols * bytes_a_symbol
        worker.kill()
        again = fleet.start("again")
        await again.ready(4)
        assert max(event["seconds"] for event in again.events("restored")) < restore_seconds
        assert again.memory[1] < symbols * bytes_a_symbol
        await proven(fleet, symbols)
