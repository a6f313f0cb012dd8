"""Upkeep by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from worker.archive.delta.store import MADE_BY
from worker.archive.rows.kinds import kinds
from worker.archive.sink import Conflict, StoreUnavailable
from worker.archive.turn import Turns
from worker.archive.upkeep.sorting.external import Room
from worker.archive.upkeep.sorting.spill import NoRoom
from worker.archive.upkeep.task import ATTEMPTS, MORE_ROOM, tables_of
from worker.archive.upkeep.works import Day, Upkeep
from worker.errors import BrokerUnavailable, CannotCreate, ConfigError, TryAgain
from worker.export.delta import store_of
from worker.kafka.backoff import BackOff
from worker.settings import Settings

T = TypeVar("T")
LEAST, MOST = 0.5, 10.0  # seconds between two attempts


def overview(settings: Settings) -> dict[str, list[Day]]:
    """Return the days of each table that exists; a table without rows has none.

    Raises:
        ConfigError: there is no table of this archive, or it has another sink than Delta tables.
        AlphapulseError: the store can't be read.
    """
    return {name: days for name, (days, _) in _found(settings).items()}


def _found(settings: Settings) -> dict[str, tuple[list[Day], Upkeep]]:
    """Return the tables that exist, by name: their days, and their upkeep."""
    archive, found = settings.archive, dict[str, tuple[list[Day], Upkeep]]()
    if archive.sink != "delta":
        raise ConfigError(
            f"archive.sink = {archive.sink} has no Delta tables to show or to compact",
            "Ask the database itself, whose upkeep is its own; or set archive.sink to delta",
        )
    store, known = store_of(archive), kinds(settings)
    for _, name, table in tables_of(archive, known):
        if (days := _done(table.days)) is not None:
            found[name] = (days, table)
    if found:
        return found
    if "://" not in store.url and not Path(store.url).is_dir():
        raise ConfigError(f"archive.url = {store.url} is no folder", MADE_BY)
    names = ", ".join(kind.name for kind in known)
    raise ConfigError(f"{store.url} holds no table of an archive: neither of {names} is there", MADE_BY)


def tidy(settings: Settings, sort: bool, vacuum: bool) -> dict[str, dict[str, dict[str, int]]]:
    """Compact all tables, and sort and vacuum them if asked to; return what each work did, by table.

    Raises:
        ConfigError: there is no table of this archive, or it has another sink than Delta tables.
        AlphapulseError: the store can't be read or written, or others came between again and again.
    """
    archive, room = settings.archive, Room(settings.archive.spill_dir, Turns())
    works: list[tuple[str, Callable[[Upkeep], dict[str, int]]]] = [("compaction", lambda table: table.compact(room))]
    if sort:
        works.append(("sorting", lambda table: table.sort(datetime.now(UTC).date(), room)))
    if vacuum:
        works.append(("vacuum", lambda table: table.vacuum(archive.vacuum_days)))
    return {
        name: {work: _done(lambda do=do, table=table: do(table)) for work, do in works}  # type: ignore[misc]
        for name, (_, table) in _found(settings).items()
    }


def _done(work: Callable[[], T]) -> T:
    delays = BackOff(LEAST, MOST)
    for _ in range(ATTEMPTS):
        try:
            return work()
        except Conflict:
            time.sleep(delays.next())  # nothing notifies of the others' end
        except StoreUnavailable as away:
            raise BrokerUnavailable(
                f"the store of the archive does not answer: {away}", "Check archive.url and archive.store"
            ) from None
        except NoRoom as full:
            raise CannotCreate(f"a day's rows find no room to be sorted: {full}", MORE_ROOM) from None
    raise TryAgain("others changed the same files again and again", "Run it again later; nothing is half done")
