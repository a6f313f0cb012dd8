"""A table of PostgreSQL and its companion as a sink: rows and positions in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker import extras
from worker.archive.postgres.ddl import POSITIONS, quoted, statements
from worker.archive.postgres.meaning import meaning
from worker.archive.postgres.values import rows_of
from worker.archive.rows.kinds import Kind, unreadable_schema
from worker.archive.sink import Conflict, Identity, Kept, Positions
from worker.errors import ConfigError
from worker.settings.archive import ArchiveSettings
from worker.stream.failpoints import failpoint

TIMEOUT_S = 30
MADE_BY = (
    "Give the archive.postgres_dsn and archive.postgres_schema of `alphapulse archive`; "
    "its first start makes the tables"
)


class PostgresSink:
    """The positions' rows are locked while a transaction compares and moves them: a former owner finds them moved."""

    def __init__(self, settings: ArchiveSettings, kind: Kind, identity: Identity) -> None:
        """Connect later.

        Raises:
            ConfigError: there is no address or none that libpq reads, or psycopg is missing.
        """
        if settings.postgres_dsn is None:
            raise ConfigError(
                "archive.sink = postgres needs archive.postgres_dsn",
                "Set it, preferably as a mounted secret: postgresql://user:password@host/database",
            )
        self.kind = kind
        self._psycopg = extras.module("psycopg", "postgres", "this sink needs psycopg")
        self._dsn, self._schema = settings.postgres_dsn.get_secret_value(), settings.postgres_schema
        try:
            self._psycopg.conninfo.conninfo_to_dict(self._dsn)
        except self._psycopg.ProgrammingError:  # whose text may have a part of a password
            raise ConfigError(
                "archive.postgres_dsn is not a connection string of libpq",
                "Write it as postgresql://user:password@host/database, or host=... user=... dbname=...",
            ) from None
        self._identity = identity
        self._connection: Any = None
        self._made = False

    def load(self, partitions: list[int]) -> dict[int, int | None]:
        """Make what is missing, and return positions.

        Raises:
            StoreUnavailable, AlphapulseError: as `Sink.load`.
        """
        with self._transaction() as cursor:
            if not self._made:
                for name, columns in self._tables():
                    for statement in statements(self._schema, name, columns):
                        cursor.execute(statement)
            self._refuse_former(cursor)
            found = self._read(cursor, partitions)
        self._made = True
        return found

    def append(self, rows: Any, unreadable: Any, before: Positions, after: Mapping[int, int]) -> None:
        """Copy rows, and move positions, in one transaction.

        Raises:
            Conflict, StoreUnavailable, AlphapulseError: as `Sink.append`.
        """
        ids = {p: self._identity.of(p) for p in sorted(after)}
        whose = (self.kind.topic, self._identity.topic_id)
        with self._transaction() as cursor:
            for name in ids.values():
                cursor.execute(
                    f"INSERT INTO {self._positions} (id, topic, topic_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    (name, *whose),
                )
            cursor.execute(
                f"SELECT id, next_offset FROM {self._positions} WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
                (list(ids.values()),),
            )
            now = dict(cursor.fetchall())
            if {p: now[name] for p, name in ids.items()} != dict(before):
                raise Conflict("the table has other positions than this member")
            for (name, columns), part in zip(self._tables(), (rows, unreadable), strict=True):
                self._copy(cursor, name, columns, part)
            moved = [(after[p], name) for p, name in ids.items()]
            cursor.executemany(f"UPDATE {self._positions} SET next_offset = %s WHERE id = %s", moved)
            failpoint("archive_committing")

    def look(self, partitions: list[int]) -> Kept:
        """Read positions, and the offsets of both tables, and make none.

        Raises:
            ConfigError: a table is missing: it would be no proof that nothing in it is wrong.
            StoreUnavailable, AlphapulseError: as `Sink.load`.
        """
        with self._transaction() as cursor:
            for name in (self.kind.name, self.kind.companion, POSITIONS):
                self._refuse_missing(cursor, name)
            self._refuse_former(cursor)
            positions = self._read(cursor, partitions)
            rows, others = ({p: self._offsets(cursor, name, p) for p in partitions} for name, _ in self._tables())
        offsets = {p: np.sort(np.concatenate([rows[p], others[p]])) for p in partitions}
        return Kept(positions, offsets, {p: len(found) for p, found in others.items()})

    def _read(self, cursor: Any, partitions: list[int]) -> dict[int, int | None]:
        ids = {self._identity.of(p): p for p in partitions}
        cursor.execute(f"SELECT id, next_offset FROM {self._positions} WHERE id = ANY(%s)", (list(ids),))
        found = {ids[name]: offset for name, offset in cursor.fetchall()}
        return {p: found.get(p) for p in partitions}

    def _offsets(self, cursor: Any, name: str, partition: int) -> NDArray[np.int64]:
        where = f"{quoted(self._schema)}.{quoted(name)}"
        cursor.execute(f'SELECT "offset" FROM {where} WHERE "partition" = %s', (partition,))
        return np.array([offset for (offset,) in cursor.fetchall()], np.int64)

    def _copy(self, cursor: Any, name: str, columns: Any, rows: Any) -> None:
        if not len(rows):
            return
        named = ", ".join(quoted(field.name) for field in columns)
        where = f"{quoted(self._schema)}.{quoted(name)}"
        with cursor.copy(f"COPY {where} ({named}) FROM STDIN") as copy:
            for row in rows_of(rows):
                copy.write_row(row)

    def _tables(self) -> tuple[tuple[str, Any], tuple[str, Any]]:
        return (self.kind.name, self.kind.schema), (self.kind.companion, unreadable_schema())

    @property
    def _positions(self) -> str:
        return f"{quoted(self._schema)}.{quoted(POSITIONS)}"

    def _refuse_missing(self, cursor: Any, name: str) -> None:
        cursor.execute("SELECT to_regclass(%s)", (f"{quoted(self._schema)}.{quoted(name)}",))
        if cursor.fetchone() == (None,):
            raise ConfigError(
                f"there is no table {self._schema}.{name} in this database: nothing of {self.kind.topic} was archived "
                "there",
                MADE_BY,
            )

    def _refuse_former(self, cursor: Any) -> None:
        cursor.execute(
            f"SELECT topic_id FROM {self._positions} WHERE topic = %s AND topic_id <> %s LIMIT 1",
            (self.kind.topic, self._identity.topic_id),
        )
        if cursor.fetchone():
            raise ConfigError(
                f"the topic {self.kind.topic} was deleted and recreated: {self._schema}.{self.kind.name} holds the "
                "records of the former one",
                "Archive the new topic into another archive.postgres_schema",
            )

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """Run the block in a transaction that commits at its end; translate errors.

        Raises:
            StoreUnavailable, AlphapulseError: as `Sink.append`.
        """
        psycopg = self._psycopg
        try:
            connection = self._connected()
            with connection.transaction(), connection.cursor() as cursor:
                yield cursor
        except psycopg.Error as error:
            self.close()
            raise meaning(error, self._told(error), self.kind.name) from None
        except BaseException:
            self.close()
            raise

    def _connected(self) -> Any:
        if self._connection is None or self._connection.closed:
            options = f"-c statement_timeout={TIMEOUT_S * 1000} -c lock_timeout={TIMEOUT_S * 1000}"
            self._connection = self._psycopg.connect(
                self._dsn, autocommit=True, connect_timeout=5, options=options, application_name="alphapulse-archive"
            )
            self._connection.execute("SET TIME ZONE 'UTC'")
        return self._connection

    def _told(self, error: Any) -> str:
        text = " ".join(str(error.diag.message_primary or error).split())
        return text.replace(self._dsn, "***")[:400]

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
