"""One Delta table: a handle, positions from its log, and commits that a later one of the same partition refuses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.archive.delta.store import translated
from worker.archive.sink import Conflict, Identity, Positions
from worker.errors import ConfigError
from worker.export.columns import arrow
from worker.export.delta import Store, module
from worker.version import __version__

CHECKPOINT = 100  # commits
ROW_GROUP = 20_000  # rows: what a query of one symbol must read at least
COMMIT_GROUP = 10_000  # the same of a commit's files, until compaction: the writer holds so many rows once more
LEVEL = 3  # of compression by Zstandard
RETRIES = 15  # of a commit, while other members commit other partitions
LOG_DAYS = 7  # for which the log's single commits are kept behind a checkpoint
SORTED = "sorted/"  # app id of a day that is sorted, its version the number of rows then


class DeltaTable:
    """A table of one topic. Its handle changes only by `load` and by own commits."""

    def __init__(self, store: Store, name: str, topic: str, schema: Any, identity: Identity) -> None:
        self.name, self._store, self._topic, self._schema = name, store, topic, schema
        self._identity, self._handle = identity, None
        self._positions: dict[int, int | None] = {}

    @property
    def exists(self) -> bool:
        """Whether the last `load` found it."""
        return self._handle is not None

    def load(self, partitions: list[int]) -> bool:
        """Read the newest state of the log, and the positions of partitions in it; return whether the table exists.

        Raises:
            StoreUnavailable, AlphapulseError: as `Sink.load`.
        """
        deltalake = module()
        errors = module("deltalake.exceptions")
        self._handle, self._positions = None, dict.fromkeys(partitions)
        with translated(self._store, self.name):
            try:
                handle = deltalake.DeltaTable(self._store.table(self.name), storage_options=self._store.options)
            except errors.TableNotFoundError:
                return False
            self._check(handle)
            self._check_types(handle)
            # Each is a request or more, so they are read once.
            found = {p: handle.transaction_version(self._identity.of(p)) for p in partitions}
        self._handle, self._positions = handle, found
        return True

    def create(self) -> None:
        """Create the table, with no rows.

        Raises:
            Conflict: another member was faster, perhaps.
            StoreUnavailable, AlphapulseError: as `Sink.load`.
        """
        if "://" not in self._store.url:
            Path(self._store.url).mkdir(parents=True, exist_ok=True)
        errors = module("deltalake.exceptions")
        properties = {
            "delta.checkpointInterval": str(CHECKPOINT),
            "delta.logRetentionDuration": f"interval {LOG_DAYS} days",
            **self._whose(),
        }
        with translated(self._store, self.name):
            try:
                self._handle = module().DeltaTable.create(
                    self._store.table(self.name),
                    self._schema,
                    mode="error",
                    partition_by=["date"],
                    description=f"records of the Kafka topic {self._topic}",
                    configuration=properties,
                    storage_options=self._store.options,
                    raise_if_key_not_exists=False,
                )
            except errors.DeltaError as error:
                if "already exists" in str(error):
                    raise Conflict("another member has created the table") from None
                raise

    @property
    def positions(self) -> dict[int, int | None]:
        """The positions that the handle has: those of the last `load`, and of own commits since."""
        return dict(self._positions)

    def offsets(self, partitions: list[int]) -> dict[int, NDArray[np.int64]]:
        """Return the offsets of all rows of the last `load`, by partition, ascending.

        Raises:
            StoreUnavailable, AlphapulseError: as `Sink.load`.
        """
        found: dict[int, list[NDArray[np.int64]]] = {partition: [] for partition in partitions}
        if self._handle is not None:
            with translated(self._store, self.name):
                for batch in self._handle.to_pyarrow_dataset().to_batches(columns=["partition", "offset"]):
                    owners, offsets = (batch.column(at).to_numpy() for at in range(2))
                    for partition, parts in found.items():
                        parts.append(offsets[owners == partition])
        return {p: np.sort(np.concatenate([np.zeros(0, np.int64), *parts])) for p, parts in found.items()}

    def append(self, rows: Any, before: Positions, after: Mapping[int, int]) -> None:
        """Append a pyarrow Table and move positions, from the handle of the last `load`.

        Raises:
            Conflict, StoreUnavailable, AlphapulseError: as `Sink.append`.
        """
        # A handle that has seen a higher position would accept a lower one: only the comparison refuses it.
        if self._positions != dict(before):
            raise Conflict("the table has other positions than this member")
        deltalake = module()
        ids = [deltalake.Transaction(self._identity.of(p), offset) for p, offset in after.items()]
        with translated(self._store, self.name):
            deltalake.write_deltalake(
                self._handle,
                # A reader and not the table, which would be held once more.
                arrow().RecordBatchReader.from_batches(rows.schema, iter(rows.to_batches())),
                mode="append",
                schema_mode="merge",  # adds columns; other types are refused
                writer_properties=writer_properties(),
                commit_properties=deltalake.CommitProperties(
                    custom_metadata={"alphapulse": __version__}, app_transactions=ids, max_commit_retries=RETRIES
                ),
            )
        self._positions = dict(after)

    def _whose(self) -> dict[str, str]:
        whose = self._identity
        return {
            "alphapulse.archive": whose.name,
            "alphapulse.cluster": whose.cluster,
            "alphapulse.topic": self._topic,
            "alphapulse.topic_id": whose.topic_id,
        }

    def _check(self, handle: Any) -> None:
        """Refuse a table of other records: their positions would mean nothing here."""
        found = handle.metadata().configuration
        for name, value in self._whose().items():
            if found.get(name) != value:
                raise foreign(self._store.table(self.name), self._topic, name, found.get(name), value)
        if "delta.setTransactionRetentionDuration" in found:
            raise ConfigError(
                f"the table {self._store.table(self.name)} forgets positions: it has "
                "delta.setTransactionRetentionDuration",
                "Remove this property: a position that is forgotten would be archived again",
            )

    def _check_types(self, handle: Any) -> None:
        """Refuse a table that has a column under another type: some rows would be cast, and others never fit."""
        found = {field.name: field.type for field in handle.schema().fields}
        for field in module().Schema.from_arrow(self._schema).fields:
            if (kept := found.get(field.name, field.type)) != field.type:
                raise ConfigError(
                    f"the table {self._store.table(self.name)} has columns of other types: {field.name} is {kept}, "
                    f"not {field.type}",
                    "Archive into another archive.url: columns are added to a table, but never changed",
                )


def foreign(where: str, topic: str, what: str, found: str | None, own: str) -> ConfigError:
    """Return the error for a table that holds other records than those of this topic."""
    if what == "alphapulse.topic_id" and found is not None:
        return ConfigError(
            f"the topic {topic} was deleted and recreated: {where} holds the records of the former one",
            "Archive the new topic into another archive.url, or move the table away",
        )
    what = what.removeprefix("alphapulse.")
    return ConfigError(
        f"{where} is no table of this archive: its {what} is {found!r}, not {own!r}",
        "Give each archive, cluster and topic an archive.url of its own",
    )


def writer_properties() -> Any:
    """Return how the files of commits are written."""
    return module().WriterProperties(compression="ZSTD", compression_level=LEVEL, max_row_group_size=COMMIT_GROUP)
