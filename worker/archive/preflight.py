"""Checks before the archive joins its group: brokers, topics, the store."""

from __future__ import annotations

import asyncio
import tempfile
from typing import Any, NamedTuple

from worker.archive.delta.probe import probe
from worker.archive.delta.sink import DeltaSink
from worker.archive.postgres.sink import PostgresSink
from worker.archive.rows.kinds import Kind, kinds
from worker.archive.sink import Identity, Sink
from worker.errors import ConfigError
from worker.export.delta import store_of
from worker.kafka import asking, topics
from worker.kafka.client import client_options
from worker.kafka.identity import text_of, topic_ids
from worker.kafka.leaders import Leaders
from worker.kafka.preflight import admin_client
from worker.kafka.seams.clients import client_of
from worker.settings import Settings


class Checked(NamedTuple):
    """The results of the checks."""

    options: dict[str, Any]  # of every client
    sinks: list[Sink]


async def preflight(settings: Settings) -> Checked:
    """Run all checks.

    Raises:
        AlphapulseError: a check failed; it has one sentence, the fix and the exit code.
    """
    tables = kinds(settings)
    if settings.archive.sink == "delta":
        await asyncio.to_thread(probe, store_of(settings.archive))
        check_spill(settings.archive.spill_dir)
    return Checked(client_options(settings.kafka), await sinks_of(settings, tables))


def check_spill(folder: str) -> None:
    """Look whether the folder for rows that are sorted can be written; an empty name is the system's own.

    Raises:
        ConfigError: it can't.
    """
    try:
        with tempfile.TemporaryFile(dir=folder or None):
            pass
    except OSError as problem:
        raise ConfigError(
            f"archive.spill_dir = {folder!r} can't be written: {problem.strerror}",
            "Set it to a folder that is there and can be written",
        ) from None


async def sinks_of(settings: Settings, tables: list[Kind]) -> list[Sink]:
    """Return the sinks of tables, after a look at their topics.

    Raises:
        ConfigError: a topic is missing.
        AlphapulseError: the brokers can't be asked.
    """
    names = tuple(table.topic for table in tables)
    async with admin_client(settings.kafka) as admin:
        await asking.refuse_old_brokers(client_of(admin))
        found = await topics.describe(admin, names)
        if missing := [name for name in names if name not in found]:
            raise ConfigError(
                f"missing topic{'s' if len(missing) > 1 else ''}: {', '.join(missing)}",
                "Run `alphapulse topics create`, or leave them out of archive.tables",
            )
        leaders = Leaders(client_of(admin))
        cluster = await leaders.cluster()
        ids = [(await topic_ids(leaders, name, name)).input for name in names]
    identities = [Identity(cluster, text_of(topic_id), settings.archive_name) for topic_id in ids]
    pairs = zip(tables, identities, strict=True)
    if settings.archive.sink == "postgres":
        return [PostgresSink(settings.archive, table, identity) for table, identity in pairs]
    store = store_of(settings.archive)
    return [DeltaSink(store, table, identity) for table, identity in pairs]
