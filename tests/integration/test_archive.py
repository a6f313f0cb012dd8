"""The archive on a real broker: every committed record is one row, by members that come and go, and `verify` knows."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from deltalake import DeltaTable, write_deltalake

from tests.integration.conftest import Bootstrap
from tests.support.archived import PARTITIONS, archive_settings, archived, make_topics, member, outcomes, proven, write
from tests.support.commands import command
from tests.support.fleet import Fleet
from tests.support.gateway import GatewayProcess
from tests.support.kafka import create_topics, produce
from worker import read_decisions
from worker.archive.archiver import Archiver
from worker.archive.once import archive_once
from worker.archive.preflight import sinks_of
from worker.archive.rows.kinds import kinds
from worker.archive.sink import Sink
from worker.errors import ConfigError, DataError, Exit
from worker.export.bodies import FORMATS
from worker.kafka.client import client_options
from worker.kafka.reader import Reader
from worker.settings import Settings

pytestmark = pytest.mark.kafka
TS = 1_700_000_000_000
BROKEN = (b"{", b'{"schema_version":1}', None, b'{"schema_version":1,"mask":' + b"9" * 40 + b"}", b"\xff\xfe")


async def test_every_record_is_one_row(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = archive_settings(broker.bootstrap, topic_prefix, tmp_path / "lake")
    await make_topics(settings)
    assert command(settings, "archive", "verify").code == Exit.CONFIG  # nothing is archived: that proves nothing
    found = outcomes()
    async with Fleet(settings, tmp_path) as fleet:
        first, second = member(fleet, "first"), member(fleet, "second")
        await first.ready()
        await second.ready()
        written = await write(settings, found[:600])
        broken = [(at % PARTITIONS, b"k", value, TS) for at, value in enumerate(BROKEN)]
        await produce(broker.bootstrap, settings.topics.output, broken)
        await archived(settings)
        first.send(signal.SIGTERM)
        assert await first.exit_code(20) == 0, first.text
        written += await write(settings, found[600:], 600)
        await archived(settings)
        second.send(signal.SIGTERM)
        assert await second.exit_code(20) == 0, second.text
    assert await proven(settings) == written + len(BROKEN) > 900
    _verified(settings, written + len(BROKEN), len(BROKEN))
    tidied = json.loads(command(settings, "archive", "compact", "--sort", "--json").out)
    assert tidied["decisions"]["sorting"]["days"] > 0
    assert await proven(settings) == written + len(BROKEN)
    days = json.loads(command(settings, "archive", "show", "--json").out)["decisions"]
    assert all(day["files"] == 1 and day["sorted"] for day in days)
    assert not any(
        json.loads(command(settings, "archive", "compact", "--sort", "--json").out)["decisions"]["sorting"].values()
    )
    _readable(settings, broker.bootstrap, len(BROKEN))
    await _served(settings, tmp_path)


async def _served(settings: Settings, folder: Path) -> None:
    """By the gateway, in each format, and within its budgets."""
    wanted = read_decisions(archive=settings.archive.url)
    symbol = wanted["symbol"][0].as_py()
    mine = [row for row in wanted.to_pylist() if row["symbol"] == symbol]
    with GatewayProcess(settings, folder) as gateway:
        await gateway.ready()
        given = {"symbol": symbol, "limit": 100_000}
        forms = {form: await gateway.get("archive/decisions", **given, format=form) for form in FORMATS}
        for answer in forms.values():
            assert (answer.status_code, answer.headers["x-complete"]) == (200, "true"), answer.text
            assert answer.headers["x-rows"] == str(len(mine))
        tables = (
            pa.ipc.open_stream(forms["arrow"].content).read_all(),
            pq.read_table(pa.BufferReader(forms["parquet"].content)),
            pl.read_ndjson(forms["ndjson"].content, infer_schema_length=None).to_arrow(),
            pl.read_csv(forms["csv"].content, infer_schema_length=None).to_arrow(),
        )
        for table in tables:
            assert sorted(table["decision_id"].to_pylist()) == sorted(row["decision_id"] for row in mine)
        few = await gateway.get("archive/decisions", limit=7)
        assert (few.headers["x-complete"], few.headers["x-rows"]) == ("false", "7")
        assert (await gateway.get("archive/audit")).json()["code"] == "not_found"
        assert "decisions" in (await gateway.get("archive/decision")).json()["fix"]


def _verified(settings: Settings, rows: int, unreadable: int) -> None:
    called = command(settings, "archive", "verify", "--json")
    assert called.code == 0, called
    report = json.loads(called.out)
    parts = [part for table in report["tables"] for part in table["partitions"]]
    assert (report["ok"], report["faults"]) == (True, 0)
    assert sum(part["rows"] for part in parts) == sum(part["records"] for part in parts) == rows
    assert sum(part["unreadable"] for part in parts) == unreadable


def _readable(settings: Settings, bootstrap: str, unreadable: int) -> None:
    """By polars, DuckDB and `read_decisions`: the same rows, those of the topic."""
    url = settings.archive.url
    table = read_decisions(archive=url)
    lazy = pl.scan_delta(f"{url}/decisions")
    assert lazy.select(pl.len()).collect().item() == table.num_rows
    decisions = DeltaTable(f"{url}/decisions").to_pyarrow_dataset()
    asked = duckdb.sql("SELECT symbol, count(*), sum(close) FROM decisions GROUP BY symbol ORDER BY symbol")
    assert asked is not None
    counted = asked.fetchall()
    assert sum(count for _, count, _ in counted) == table.num_rows
    assert decisions.count_rows() == table.num_rows
    symbol = counted[0][0]
    since = datetime.fromtimestamp(table["ts"][table.num_rows // 2].as_py().timestamp(), UTC)
    some = read_decisions(archive=url, symbols=symbol, since=since)
    assert 0 < some.num_rows < counted[0][1]
    assert some.schema == table.schema
    with pytest.raises(DataError):  # the topic has records that are no decision; the archive keeps them apart
        read_decisions(topic=settings.topics.output, bootstrap_servers=bootstrap)
    assert DeltaTable(f"{url}/decisions_unreadable").to_pyarrow_table(columns=["value"]).num_rows == unreadable


async def opened(settings: Settings) -> tuple[Sink, dict[TopicPartition, int]]:
    """The sink of decisions, and where an owner of all partitions reads on."""
    sink = next(sink for sink in await sinks_of(settings, kinds(settings)) if sink.kind.name == "decisions")
    tps = {TopicPartition(settings.topics.output, partition) for partition in range(PARTITIONS)}
    archiver = Archiver(settings.archive, [sink], tps)
    try:
        async with Reader(client_options(settings.kafka)) as reader:
            return sink, await archiver.open(reader.leaders)
    finally:
        archiver.close()


async def test_the_rows_are_those_of_the_topic(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    """Column by column; and a position that the topic no longer reaches, or that another topic has, is refused."""
    settings = archive_settings(broker.bootstrap, topic_prefix, tmp_path / "lake", tables=["decisions"])
    await make_topics(settings)
    await write(settings, outcomes()[:400])
    _, starts = await opened(settings)
    assert set(starts.values()) == {0}
    rows = await archive_once(settings)
    assert await archive_once(settings) == {"decisions": 0}
    wanted = read_decisions(topic=settings.topics.output, bootstrap_servers=broker.bootstrap)
    assert read_decisions(archive=settings.archive.url).equals(wanted)
    assert rows == {"decisions": wanted.num_rows}
    _faults_are_found(settings)
    await _retention_overtakes(settings, broker.bootstrap)
    await _topic_made_anew(settings, broker.bootstrap)


def _faults_are_found(settings: Settings) -> None:
    """`archive verify` names a missing row, one that repeats, and one of no record; versions can be restored."""
    handle = DeltaTable(f"{settings.archive.url}/decisions")
    good, rows = handle.version(), handle.to_pyarrow_table()
    place = "partition = 1 AND offset = {}"
    victim = max(row["offset"] for row in rows.select(["partition", "offset"]).to_pylist() if row["partition"] == 1)
    one = rows.filter((pc.field("partition") == 1) & (pc.field("offset") == victim))
    stray = one.set_column(one.column_names.index("offset"), "offset", [[victim + 10_000]])
    for fault, change in (
        ("missing", lambda: handle.delete(place.format(victim))),
        ("repeated", lambda: write_deltalake(handle, one, mode="append")),
        ("foreign", lambda: write_deltalake(handle, stray, mode="append")),
    ):
        change()
        called = command(settings, "archive", "verify", "--json")
        assert called.code == Exit.DATA, called
        part = json.loads(called.out)["tables"][0]["partitions"][1]
        found = {name: part[name] for name in ("missing", "repeated", "foreign")}
        assert found == dict.fromkeys(found, 0) | {fault: 1}
        assert part["example"] == (victim + 10_000 if fault == "foreign" else victim)
        handle.restore(good)
        assert command(settings, "archive", "verify").code == Exit.OK
    assert DeltaTable(f"{settings.archive.url}/decisions", version=good).to_pyarrow_table().num_rows == rows.num_rows


async def _retention_overtakes(settings: Settings, bootstrap: str) -> None:
    topic = settings.topics.output
    _, starts = await opened(settings)
    await produce(bootstrap, topic, [(0, b"k", b"{}", TS)] * 5)
    tp = TopicPartition(topic, 0)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({tp: RecordsToDelete(before_offset=starts[tp])})
        await opened(settings)
        await admin.delete_records({tp: RecordsToDelete(before_offset=starts[tp] + 2)})
        with pytest.raises(DataError, match="2 offsets that were never archived"):
            await opened(settings)
        await admin.delete_topics([topic])
    finally:
        await admin.close()


async def _topic_made_anew(settings: Settings, bootstrap: str) -> None:
    await create_topics(bootstrap, {settings.topics.output: PARTITIONS})
    with pytest.raises(ConfigError, match="deleted and recreated"):
        await opened(settings)


async def test_a_newer_schema_stops_the_archive(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    """Exit 78, and nothing of that record or behind it is kept; nor does a wrong address begin anything."""
    settings = archive_settings(broker.bootstrap, topic_prefix, tmp_path / "lake", tables=["decisions"])
    await make_topics(settings)
    newer = {"schema_version": 2, "all": "new"}
    await produce(broker.bootstrap, settings.topics.output, [(0, b"k", msgspec.json.encode(newer), TS)])
    async with Fleet(settings, tmp_path) as fleet:
        worker = member(fleet, "only")
        assert await worker.exit_code(60) == 78, worker.text
        assert "has schema version 2" in worker.text
        assert "Upgrade the archive" in worker.text
    assert DeltaTable(f"{settings.archive.url}/decisions").count() == 0
    for url, says in (("", "archive.url is empty"), ("gs://lake/x", "neither a folder nor s3://")):
        refused = command(settings, "archive", "verify", "--url", url)
        assert refused.code == 78
        assert says in refused.sentence
