"""A reader of decisions or rejections from an archive's Delta tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from worker.errors import BrokerUnavailable, ConfigError
from worker.export.columns import arrow
from worker.export.delta import module, store_of
from worker.export.wanted import Wanted
from worker.settings import ArchiveSettings, load_settings

BATCH = 10_000  # rows


def read_archive(url: str, rejected: bool, which: Wanted, schema: Any) -> Any:
    """Return a pyarrow.Table of the wanted rows, with the columns of `export`.

    Raises:
        ConfigError: there is no such table, or a package is missing.
        BrokerUnavailable: the store does not answer, or refuses.
    """
    settings = load_settings({"archive": {"url": url}})
    with opened(settings.archive, "rejections" if rejected else "decisions") as dataset:
        names = [name for name in schema.names if name in dataset.schema.names]
        return _as_exported(dataset.to_table(columns=names, filter=chosen(which)), schema)


class Excerpt(NamedTuple):
    """Some rows of a table."""

    table: Any  # pyarrow.Table
    complete: bool  # whether these are all that were wanted


def excerpt(settings: ArchiveSettings, name: str, which: Wanted, rows: int, size: int, seconds: float) -> Excerpt:
    """Return the wanted rows of a table with all its columns, as far as the budgets of rows, bytes and time reach.

    Raises:
        ConfigError: there is no such table, or a package is missing.
        BrokerUnavailable: the store does not answer, or refuses.
    """
    found: list[Any] = []
    count, taken, end = 0, 0, time.monotonic() + seconds
    with opened(settings, name) as dataset:
        schema = dataset.schema
        for batch in dataset.to_batches(filter=chosen(which), batch_size=BATCH):
            if not len(batch):
                if time.monotonic() > end:
                    return Excerpt(arrow().Table.from_batches(found, schema=schema), False)
                continue
            found.append(batch.slice(0, rows - count))
            count, taken = count + len(found[-1]), taken + batch.nbytes
            if count == rows or taken >= size or time.monotonic() > end:
                return Excerpt(arrow().Table.from_batches(found, schema=schema), False)
    return Excerpt(arrow().Table.from_batches(found, schema=schema), True)


@contextmanager
def opened(settings: ArchiveSettings, name: str) -> Iterator[Any]:
    """Yield a table as a pyarrow Dataset; what fails in the block is translated.

    Raises:
        ConfigError: there is no such table, or a package is missing.
        BrokerUnavailable: the store does not answer, or refuses.
    """
    store, errors = store_of(settings), module("deltalake.exceptions")
    try:
        yield module().DeltaTable(store.table(name), storage_options=store.options).to_pyarrow_dataset()
    except errors.TableNotFoundError:
        raise ConfigError(f"{store.url} has no table {name}", "Give the archive.url of `alphapulse archive`") from None
    except (errors.DeltaError, OSError) as problem:
        raise BrokerUnavailable(
            f"{store.table(name)} can't be read: {store.told(problem)}", "Check archive.store"
        ) from None


def chosen(which: Wanted) -> Any:
    """Return the pyarrow filter of what is wanted; None for everything.

    As of topics, a rejection without a time is wanted whatever the times are.
    """
    pc, pa = arrow("pyarrow.compute"), arrow()
    field = pc.field
    parts = []
    if which.symbols:
        parts.append(field("symbol").isin(sorted(which.symbols)))
    instant = pa.timestamp("us", tz="UTC")
    for ms, holds in ((which.since, pc.greater_equal), (which.until, pc.less)):
        if ms is not None:
            moment = pa.scalar(datetime.fromtimestamp(ms / 1000, UTC), instant)
            parts.append(field("ts").is_null() | holds(field("ts"), moment))
    found = None
    for part in parts:
        found = part if found is None else found & part
    return found


def _as_exported(table: Any, schema: Any) -> Any:
    pa = arrow()
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
