"""The upkeep that one elected member does beside archiving, each work at its interval."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

from worker.archive.rows.kinds import Kind
from worker.archive.sink import Conflict, Sink, StoreUnavailable
from worker.archive.turn import Turns
from worker.archive.upkeep.sorting.external import Room
from worker.archive.upkeep.sorting.spill import NoRoom
from worker.archive.upkeep.works import Upkeep
from worker.export.delta import store_of
from worker.kafka.backoff import BackOff
from worker.settings import Settings
from worker.settings.archive import ArchiveSettings
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
LOOK = 1.0  # seconds
ATTEMPTS = 5  # of a work that others came between
LEAST, MOST = 0.5, 10.0  # seconds between two of them
DAY = 86_400
MORE_ROOM = "Set archive.spill_dir to a folder that can be written and has room for half of a day's rows, unpacked"


class Work(NamedTuple):
    """A work, and the seconds between two of it; 0 = never."""

    name: str
    every: int
    do: Callable[[Upkeep], dict[str, int]]


def works(settings: ArchiveSettings, turns: Turns) -> list[Work]:
    """Return the works of the settings, in the order in which they are done."""
    room = Room(settings.spill_dir, turns)
    found = [
        Work("retention", DAY if settings.retention_days else 0, lambda table: table.retain(settings.retention_days)),
        Work("compaction", settings.compact_interval_s, lambda table: table.compact(room)),
        Work("sorting", settings.sort_interval_s, lambda table: table.sort(datetime.now(UTC).date(), room)),
        Work("vacuum", DAY, lambda table: table.vacuum(settings.vacuum_days)),
    ]
    return [work for work in found if work.every]


def tables_of(settings: ArchiveSettings, kinds: Sequence[Kind]) -> Iterator[tuple[Kind, str, Upkeep]]:
    """Yield each table and its companion: of which kind, its name, and its upkeep."""
    store = store_of(settings)
    for kind in kinds:
        for name in (kind.name, kind.companion):
            yield kind, name, Upkeep(store, name, settings.compact_bytes)


async def keep_up(settings: Settings, sinks: Sequence[Sink], elected: Callable[[], set[str]], turns: Turns) -> None:
    """Do the works of the tables whose topics `elected` names, until cancelled; failures are told and repeated later.

    They take turns with commits for each step that takes memory.

    Raises:
        AlphapulseError: no retry can help.
    """
    tables = list(tables_of(settings.archive, [sink.kind for sink in sinks]))
    planned = works(settings.archive, turns)
    thread = ThreadPoolExecutor(1, thread_name_prefix="upkeep")
    begun = time.monotonic()
    # A process may never be a day old; what was done already takes no time again.
    done = {
        (work.name, name): begun - (work.every if work.every >= DAY else 0) for work in planned for _, name, _ in tables
    }
    try:
        while True:
            for work in planned:
                for kind, name, table in tables:
                    due = time.monotonic() - done[work.name, name] >= work.every
                    if due and kind.topic in elected():
                        done[work.name, name] = time.monotonic()
                        with turns.sharing():
                            await _do(thread, work, name, table)
            await asyncio.sleep(LOOK)  # nothing notifies of the time
    finally:
        thread.shutdown(wait=False, cancel_futures=True)


async def _do(thread: ThreadPoolExecutor, work: Work, name: str, table: Upkeep) -> None:
    delays, begun = BackOff(LEAST, MOST), time.monotonic()
    for _ in range(ATTEMPTS):
        try:
            found = await asyncio.get_running_loop().run_in_executor(thread, work.do, table)
        except Conflict as conflict:
            METRICS.archive_upkeep.labels(work.name, "conflict").inc()
            log.info("upkeep repeated", extra={"work": work.name, "table": name, "cause": str(conflict)})
            await asyncio.sleep(delays.next())  # nothing notifies of the others' end
        except StoreUnavailable as away:
            METRICS.archive_upkeep.labels(work.name, "failed").inc()
            log.warning("upkeep failed", extra={"work": work.name, "table": name, "cause": str(away)})
            return
        except NoRoom as full:
            METRICS.archive_upkeep.labels(work.name, "failed").inc()
            cause = {"cause": str(full), "fix": MORE_ROOM}
            log.warning("upkeep failed", extra={"work": work.name, "table": name} | cause)
            return
        else:
            METRICS.archive_upkeep.labels(work.name, "done").inc()
            if any(found.values()):
                told = {"work": work.name, "table": name, "seconds": round(time.monotonic() - begun, 1)}
                log.info("upkeep", extra=told | found)
            return
