"""The archive's second sink on a real PostgreSQL: rows and positions in one transaction, also for a former owner."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.archived import PATIENCE, archive_settings, in_topic, make_topics, member, outcomes, write
from tests.support.commands import Called, command
from tests.support.fleet import Fleet, until
from tests.support.kafka import produce
from tests.support.postgres import PASSWORD, Postgres, unusable
from tests.unit.archive.test_rows import KINDS, changed, raw
from worker.archive.once import archive_once
from worker.archive.postgres.sink import PostgresSink
from worker.archive.rows.encoding import Encoder
from worker.archive.sink import Conflict, Identity, StoreUnavailable
from worker.archive.verify import verify
from worker.errors import ConfigError, Exit, NotPermitted
from worker.settings import Settings
from worker.settings.archive import ArchiveSettings

pytestmark = pytest.mark.kafka
IDENTITY = Identity("cluster", "topic", "name")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    if reason := unusable():
        pytest.skip(reason)
    with Postgres() as running:
        yield running


@pytest.fixture
def sink_at() -> Iterator[Callable[..., PostgresSink]]:
    """Makes sinks of rejections, and closes them."""
    with ExitStack() as opened:

        def made(dsn: str, schema: str, identity: Identity = IDENTITY) -> PostgresSink:
            given = {"sink": "postgres", "postgres_dsn": dsn, "postgres_schema": schema}
            sink = PostgresSink(ArchiveSettings.model_validate(given), KINDS["rejections"], identity)
            opened.callback(sink.close)
            return sink

        yield made


def tables(*values: bytes | None, first: int = 10) -> tuple[Any, Any]:
    """Rows of partition 0 from an offset on, as tables."""
    found = Encoder(KINDS["rejections"]).encode(0, raw(*values, first=first))
    return pa.Table.from_batches([found.rows]), pa.Table.from_batches([found.unreadable])


def test_an_owner_that_is_no_longer_adds_nothing(postgres: Postgres, sink_at: Callable[..., PostgresSink]) -> None:
    former, heir = sink_at(postgres.dsn, "zombies"), sink_at(postgres.dsn, "zombies")
    assert former.load([0, 1]) == heir.load([0, 1]) == {0: None, 1: None}
    heir.append(*tables(changed(symbol="a\x00b"), b"{", changed()), {0: None, 1: None}, {0: 13, 1: 0})
    with pytest.raises(Conflict):
        former.append(*tables(changed()), {0: None, 1: None}, {0: 11, 1: 0})
    assert former.load([0, 1]) == {0: 13, 1: 0}
    kept = former.look([0, 1])
    assert kept.offsets[0].tolist() == [10, 11, 12]
    assert kept.unreadable == {0: 1, 1: 0}
    with psycopg.connect(postgres.dsn) as connection:
        rows = connection.execute('SELECT symbol, codes, ts FROM zombies.rejections ORDER BY "offset"').fetchall()
    assert [(symbol, codes) for symbol, codes, _ in rows] == [("a\ufffdb", ["late"]), ("S\ufffd'\"", ["late"])]
    with pytest.raises(ConfigError, match="deleted and recreated"):
        sink_at(postgres.dsn, "zombies", Identity("cluster", "another topic", "name")).load([0])


async def test_no_table_is_no_proof(broker: Bootstrap, topic_prefix: str, postgres: Postgres) -> None:
    """An empty database has none, nor has a schema that lost one; and the look makes nothing."""
    given = archive_settings(broker.bootstrap, topic_prefix, "", sink="postgres", postgres_schema=topic_prefix)
    await make_topics(given)
    refused = verified(given, postgres.dsn)
    assert (refused.code, refused.out) == (Exit.CONFIG, ""), refused.err
    assert f"there is no table {topic_prefix}.decisions in this database" in refused.sentence
    assert "fix: Give the archive.postgres_dsn" in refused.sentence
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        made = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (topic_prefix,)).fetchall()
        assert not made
        await archive_once(with_dsn(given, postgres))
        kept = verified(given, postgres.dsn)
        assert kept.code == Exit.OK, kept.err
        assert "OK: 0 rows" in kept.out
        for name in ("archive_positions", "rejections_unreadable"):
            table, away = psycopg.sql.Identifier(topic_prefix, name), psycopg.sql.Identifier("away")
            connection.execute(psycopg.sql.SQL("ALTER TABLE {} RENAME TO {}").format(table, away))
            refused = verified(given, postgres.dsn)
            assert refused.code == Exit.CONFIG, refused.err
            assert f"there is no table {topic_prefix}.{name} in this database" in refused.sentence
            moved = psycopg.sql.Identifier(topic_prefix, "away")
            back = psycopg.sql.SQL("ALTER TABLE {} RENAME TO {}").format(moved, psycopg.sql.Identifier(name))
            connection.execute(back)


def verified(given: Settings, dsn: str) -> Called:
    """What `archive verify` answers."""
    return command(given, "archive", "verify", ALPHAPULSE_ARCHIVE__POSTGRES_DSN=dsn)


def with_dsn(given: Settings, postgres: Postgres) -> Settings:
    """Settings of an archive in this database."""
    address = ArchiveSettings.model_validate({"postgres_dsn": postgres.dsn}).postgres_dsn
    return given.model_copy(update={"archive": given.archive.model_copy(update={"postgres_dsn": address})})


def test_a_commit_without_an_answer_is_all_or_nothing(postgres: Postgres, sink_at: Callable[..., PostgresSink]) -> None:
    sink = sink_at(postgres.dsn, "crashes")
    sink.load([0])
    sink.append(*tables(changed(), changed()), {0: None}, {0: 12})
    postgres.kill()
    try:
        with pytest.raises(StoreUnavailable) as away:
            sink.append(*tables(changed(), first=12), {0: 12}, {0: 13})
        assert PASSWORD not in str(away.value)
    finally:
        postgres.start()
    assert sink.load([0]) == {0: 12}
    sink.append(*tables(changed(), first=12), {0: 12}, {0: 13})
    assert sink.look([0]).offsets[0].tolist() == [10, 11, 12]
    with pytest.raises(NotPermitted) as refused:
        sink_at(postgres.dsn.replace(PASSWORD, "wrong password"), "crashes").load([0])
    assert "wrong password" not in str(refused.value)


def test_what_no_waiting_mends_is_said_at_once(postgres: Postgres, sink_at: Callable[..., PostgresSink]) -> None:
    limited = postgres.dsn.replace("user=archive", "user=limited")
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE limited PASSWORD '{PASSWORD}'")
        with pytest.raises(NotPermitted, match="not permitted to log in"):
            sink_at(limited, "refused").load([0])
        connection.execute("ALTER ROLE limited LOGIN")
        connection.execute("CREATE DATABASE closed")
        connection.execute("REVOKE CONNECT ON DATABASE closed FROM public")
    for dsn, error, says in (
        (postgres.dsn.replace("dbname=postgres", "dbname=none"), ConfigError, 'database "none" does not exist'),
        (postgres.dsn.replace("user=archive", "user=nobody"), NotPermitted, "authentication failed"),
        (limited.replace("dbname=postgres", "dbname=closed"), NotPermitted, 'permission denied for database "closed"'),
        (limited, NotPermitted, "permission denied for database postgres"),
        (f"{postgres.dsn} sslmode=require", ConfigError, "SSL was required"),
        (f"{postgres.dsn} sslmode=perhaps", ConfigError, "invalid sslmode"),
        (f"host=127.0.0.1 password=two {PASSWORD}", ConfigError, "not a connection string"),
        ("mysql://archive@db/market", ConfigError, "not a connection string"),
    ):
        with pytest.raises(error, match=says) as refused:
            sink_at(dsn, "refused").load([0])
        assert refused.value.fix
        assert PASSWORD not in str(refused.value)
    for waits in (postgres.dsn.replace(f"port={postgres.port}", "port=1"), "host=no.such.host.invalid"):
        with pytest.raises(StoreUnavailable):
            sink_at(waits, "refused").load([0])


@fault("F75")
@pytest.mark.variant
async def test_members_archive_into_postgresql(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path, postgres: Postgres
) -> None:
    """One is killed, and the database too; every record is one row."""
    given = archive_settings(broker.bootstrap, topic_prefix, "", sink="postgres", postgres_schema=topic_prefix)
    await make_topics(given)
    dsn = {"ALPHAPULSE_ARCHIVE__POSTGRES_DSN": postgres.dsn}
    async with Fleet(given, tmp_path) as fleet:
        first = member(fleet, "first", **dsn)
        await first.ready()
        await write(given, outcomes()[:500])
        await produce(broker.bootstrap, given.topics.output, [(0, b"k", b"{", 1_700_000_000_000)])
        await held(given, postgres)
        first.kill()
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
        second = member(fleet, "second", **dsn)
        await write(given, outcomes()[500:], 500)
        await held(given, postgres)
        assert PASSWORD not in first.text + second.text
        fleet.workers.remove(first)
        await fleet.stop()
    report = await verify(with_dsn(given, postgres))
    assert not report.faults, json.dumps(report.as_dict())
    assert sum(part.unreadable for table in report.tables for part in table.partitions) == 1


async def held(settings: Settings, postgres: Postgres) -> None:
    """Wait until PostgreSQL has the records of both topics, each once."""
    names = {"decisions": settings.topics.output, "rejections": settings.topics.rejections}
    wanted = {name: set(await in_topic(settings, topic)) for name, topic in names.items()}

    def rows(name: str) -> list[tuple[int, int]]:
        schema, found = settings.archive.postgres_schema, list[tuple[int, int]]()
        with psycopg.connect(postgres.dsn) as connection:
            for table in (name, f"{name}_unreadable"):
                query = psycopg.sql.SQL('SELECT "partition", "offset" FROM {}').format(
                    psycopg.sql.Identifier(schema, table)
                )
                found += connection.execute(query).fetchall()
        return found

    async def holds() -> bool:
        found = {name: await asyncio.to_thread(rows, name) for name in names}
        return all(len(found[name]) == len(wanted[name]) and set(found[name]) == wanted[name] for name in names)

    await until(holds, PATIENCE, "every record is one row of PostgreSQL")
