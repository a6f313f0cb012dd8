"""The check of a store before anything is archived there: rights, and of two equal commits the second must fail."""

from __future__ import annotations

import shutil
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from worker.archive.delta.conditional import refuses_second_put
from worker.archive.delta.store import translated
from worker.errors import ConfigError
from worker.export.columns import arrow
from worker.export.delta import Store, module

NAME = "_probe"  # begins the names of probes; they are deleted at once
APP = "probe"


def probe(store: Store) -> None:
    """Put an object twice, each under the condition that there is none; then make a table and commit to it twice.

    Raises:
        ConfigError: a second one went through: commits would overwrite others.
        NotPermitted: a right is missing.
        StoreUnavailable: the store does not answer.
    """
    name = f"{NAME}-{uuid.uuid4().hex}"
    if "://" not in store.url:
        _make(Path(store.url))
    elif not refuses_second_put(store, f"{name}/put"):
        raise _unsafe(store)
    try:
        with translated(store, name):
            _refuses_second(store, name)
    finally:
        with suppress(Exception):  # what led here matters more, and a probe harms nobody
            _delete(store, name)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConfigError(
            f"archive.url = {folder} can't be made: {problem.strerror}", "Set archive.url to a place to write to"
        ) from None


def _refuses_second(store: Store, name: str) -> None:
    pa, deltalake = arrow(), module()
    rows = pa.table({"n": [1]}, schema=pa.schema([("n", pa.int64())]))
    where: dict[str, Any] = {"storage_options": store.options}
    deltalake.DeltaTable.create(store.table(name), rows.schema, **where)
    handles = [deltalake.DeltaTable(store.table(name), **where) for _ in range(2)]
    for handle in handles:
        ids = deltalake.CommitProperties(app_transactions=[deltalake.Transaction(APP, 1)])
        try:
            deltalake.write_deltalake(handle, rows, mode="append", commit_properties=ids)
        except deltalake.exceptions.CommitFailedError:
            if handle is handles[0]:
                raise
            return
    raise _unsafe(store)


def _unsafe(store: Store) -> ConfigError:
    return ConfigError(
        f"the store at {store.url} lets a second put with `If-None-Match: *` through: a commit could overwrite another",
        "Use a store with conditional puts (Amazon S3, MinIO, SeaweedFS, Ceph of 2024 or newer), or a local folder",
    )


def _delete(store: Store, name: str) -> None:
    if "://" not in store.url:
        shutil.rmtree(Path(store.table(name)))
        return
    handler, fs = module("deltalake.fs").DeltaStorageHandler(store.table(name), store.options), arrow("pyarrow.fs")
    for found in fs.PyFileSystem(handler).get_file_info(fs.FileSelector("", recursive=True)):
        if found.is_file:
            handler.delete_file(found.path)
