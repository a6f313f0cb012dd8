"""A reader of decisions or rejections from an archive's Delta tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from worker.errors import BrokerUnavailable, ConfigError
from worker.export.columns import arrow
from worker.export.delta import module, store_of
from worker.export.wanted import Wanted
from worker.settings import load_settings


def read_archive(url: str, rejected: bool, which: Wanted, schema: Any) -> Any:
    """Return a pyarrow.Table of the wanted rows, with the columns of `export`.

    Raises:
        ConfigError: there is no such table, or a package is missing.
        BrokerUnavailable: the store does not answer, or refuses.
    """
    settings = load_settings({"archive": {"url": url}})
    store, name = store_of(settings.archive), "rejections" if rejected else "decisions"
    errors = module("deltalake.exceptions")
    try:
        table = module().DeltaTable(store.table(name), storage_options=store.options)
        dataset = table.to_pyarrow_dataset()
        found = dataset.to_table(columns=[n for n in schema.names if n in dataset.schema.names], filter=chosen(which))
    except errors.TableNotFoundError:
        raise ConfigError(f"{store.url} has no table {name}", "Give the archive.url of `alphapulse archive`") from None
    except (errors.DeltaError, OSError) as problem:
        raise BrokerUnavailable(
            f"{store.table(name)} can't be read: {store.told(problem)}", "Check archive.store"
        ) from None
    return _as_exported(found, schema)


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
