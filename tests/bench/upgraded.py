"""A fleet whose strategy is edited in a rolling restart, between two kills, against a backtest that changes with it."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from schemas import Decision
from schemas.control import STRATEGY_KEY, Control
from schemas.state import JournalEntry
from tests.support.fleet import Fleet
from tests.support.outputs import Line, Outputs, published, read_input
from tests.support.parity import Values, differing
from tests.support.switching import EDITED, FIRST, NAME, switch
from tests.support.ticks import Publishing, group_settings, make_topics
from worker.backtest.parts import DECISIONS, REJECTIONS, play_all
from worker.backtest.tape import tapes
from worker.operate.read_journal import joined
from worker.settings import Settings, load_engine_of
from worker.sources.record import Record

DEADLINE = 300.0  # seconds for one phase
FILE = "ALPHAPULSE_ENGINE__STRATEGY__FILE"
# Each transaction saves what it changes: what a new worker replays, it replays with the edited file.
SAVED = {"save_records": 1, "save_bytes": 1 << 26}
CHANGED = "configuration changed: unsaved records were replayed under the new one"


async def run(settings: Settings, edited: Path, records: list[Record], folder: Path, rate: float) -> None:
    """Publish `records` to workers: kill one, replace each by one that has the edited file, kill one."""
    await make_topics(settings)
    async with Fleet(settings, folder) as fleet:

        async def reached(share: float) -> None:
            await fleet.committed(share * len(records), DEADLINE, f"{share:.0%} of the input committed")

        victim, other = fleet.start("victim"), fleet.start("other")
        await victim.ready()
        await other.ready()
        publishing = Publishing(settings, records, rate)
        await reached(0.05)
        victim.kill()
        await fleet.started("added")
        await reached(0.1)
        for number in range(2):
            await fleet.started(f"new{number}", **{FILE: str(edited)})
            old = fleet.workers[1 + number]
            old.send(signal.SIGTERM)
            assert await old.exit_code(DEADLINE) == 0
        await reached(0.2)
        fleet.workers[-1].kill()
        await fleet.started("late", **{FILE: str(edited)})
        assert publishing.left > 0, "the input ended before the last kill"
        await publishing.finish()
        await fleet.caught_up(DEADLINE)
        await fleet.stop()
        replayed = [event for worker in fleet.workers for event in worker.events(CHANGED)]
    assert not replayed, f"an old worker has left records unsaved: {replayed}"


def begun(lines: Iterable[Line], config_hash: str) -> int:
    """The input offset of the first decision of a configuration, after which no other decides.

    Raises:
        AssertionError: it never decides, or the former one decides again.
    """
    told = [(_offset(line), msgspec.json.decode(line.value or b"", type=Decision).config_hash) for line in lines]
    places = [offset for offset, name in told if name == config_hash]
    assert places, "the edited file has decided nothing"
    assert all(name == config_hash for offset, name in told if offset >= places[0]), "a partition has gone back"
    return places[0]


def _offset(line: Line) -> int:
    """The input offset, which ends a record's id (`topic-partition-offset`)."""
    return int(dict(line.headers)["ce_id"].rpartition(b"-")[2])


def backtested(settings: Settings, edited: Path, found: Outputs, folder: Path) -> Values:
    """The lines of a backtest whose strategy changes in each partition at the offset at which the workers changed."""
    to = switch(edited, slow="5m")
    section: dict[str, Any] = settings.engine["strategy"]
    changed = settings.model_copy(update={"engine": {"strategy": section | {"file": str(edited)}}})
    name = load_engine_of(changed).config_hash()
    key = f"{STRATEGY_KEY}{NAME}"
    journal = []
    for partition in range(settings.topics.partitions):
        at = begun(found[settings.topics.decisions, partition], name)
        journal.append([JournalEntry(1, key, 1, 1, at, 0, 0, 0, Control(key, 1, 0, strategy=to))])
    both = settings.model_copy(update={"engine": {"strategy": section | {"candidates": [str(edited)]}}})
    records = [record for part in read_input(settings) for record in part]
    played = joined(tapes((record.key, record.value, record.timestamp) for record in records), records, journal)
    folder.mkdir()
    play_all(played, load_engine_of(both), folder, 1, lambda done: None)
    return Values(*(sorted((folder / each).read_bytes().splitlines()) for each in (DECISIONS, REJECTIONS)))


def compared(bootstrap: str, mode: str, records: list[Record], folder: Path, rate: float) -> dict[str, float]:
    """Compare what such a fleet publishes with the backtest."""
    first, edited = folder / "channel.py", folder / "edited.py"
    first.write_text(FIRST)
    edited.write_text(EDITED)
    settings = group_settings(bootstrap, f"upgrade-{mode}-{uuid.uuid4().hex[:6]}", state=SAVED, max_batch_records=500)
    chosen = {"file": str(first), "mode": mode, "parameters": {"slow": "5m"}}
    settings = settings.model_copy(update={"engine": {"strategy": chosen}})
    asyncio.run(run(settings, edited, records, folder, rate))
    found = published(settings)
    wanted = Values(
        *(
            sorted(line.value or b"" for (topic, _), part in found.items() if topic == name for line in part)
            for name in (settings.topics.decisions, settings.topics.rejected)
        )
    )
    assert len(wanted.decisions) + len(wanted.rejections) == len(records), "the topics are not whole"
    differ = differing(backtested(settings, edited, found, folder / f"upgraded-{mode}"), wanted)
    counts = f"{len(wanted.decisions):,} decisions, upgraded"
    print(f"{mode:10} {len(records):9,} ticks  {counts}  {differ:,} values differ", flush=True)
    return {f"upgraded_{mode}_ticks": len(records), f"upgraded_{mode}_differing_values": differ}
