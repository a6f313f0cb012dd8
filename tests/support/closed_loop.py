"""The closed loop on a broker: real workers and the real monitor through a crash, minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from schemas import Decision
from schemas.control import Control
from tests.support.crash import CALM, CRASH, Raw, crashing
from tests.support.fleet import WorkerProcess, until
from tests.support.portfolio import MINUTE
from tests.support.risk import (
    Monitors,
    assert_exactly_once,
    controls,
    make_risk_topics,
    read_whole,
    risk_settings,
    steps,
)
from tests.support.ticks import publish
from worker.settings import Settings
from worker.sources.record import Record

SYMBOLS = 16
# No symbol is capped: a cap from the history that the monitor reads first would be stale until it is repeated.
RISK = CALM | {"capital": 100_000.0, "max_symbol": 5.0}
AHEAD = 2  # minutes that are played one by one before the crash
BEHIND = 8  # after it
PATIENCE = 60.0  # seconds
_decision = msgspec.json.Decoder(Decision).decode
_control = msgspec.json.Decoder(Control).decode


class Looped(NamedTuple):
    """What came of it. A minute is named by the open of its bars, epoch ms UTC."""

    killed: int  # the minute after whose decisions the kill was published
    decided: dict[int, list[Decision]]  # of the minutes that began when it was known to all workers
    before: list[Decision]  # of the minute of the kill

    @property
    def bars_to_flat(self) -> int:
        """How many bars after the kill no position is left; one more than were played where some is."""
        held = [ts for ts, found in self.decided.items() if any(one.position.state != "flat" for one in found)]
        return 1 + sum(ts <= max(held, default=0) for ts in self.decided)

    @property
    def opens(self) -> int:
        """Opens, also by a reversal, that were decided under the kill."""
        return sum(
            one.action.startswith("open") or one.action == "reverse" for found in self.decided.values() for one in found
        )


async def closed_loop(bootstrap: str, prefix: str, folder: Path, workers: int = 2) -> Looped:
    """Play the market that crashes. Each minute waits until the monitor has counted the last one and all workers have
    read what it wrote, as they have long done when a minute passes between two bars.

    All that the monitor wrote is checked against a replay.
    """
    settings = risk_settings(bootstrap, prefix, **RISK)
    await make_risk_topics(settings)
    minutes = {ts: list(bars) for ts, bars in groupby(sorted(crashing(SYMBOLS), key=_closed), _closed)}
    past = [ts for ts in minutes if ts <= CRASH - AHEAD * MINUTE]
    killed, decided = 0, list[int]()
    async with Monitors(settings, folder) as fleet:
        team = [await fleet.started(f"worker-{at}") for at in range(workers)]
        await publish(settings, _records([bar for ts in past for bar in minutes[ts]]))
        await fleet.caught_up()
        await fleet.owner("monitor")
        await _settled(settings, past[-1], team)
        for ts in [ts for ts in minutes if past[-1] < ts <= CRASH + BEHIND * MINUTE]:
            await publish(settings, _records(minutes[ts]))
            await fleet.caught_up()
            await _settled(settings, ts, team)
            if killed:
                decided.append(ts - MINUTE)
            elif await _kills(settings):
                killed = ts - MINUTE
        await fleet.stop()
    await assert_exactly_once(settings)
    found = [_decision(one.value or b"") for part in await _decisions(settings) for one in part]
    by_minute = {ts: [one for one in found if one.ts == ts] for ts in [killed, *decided]}
    return Looped(killed, {ts: by_minute[ts] for ts in decided}, by_minute[killed])


def _closed(record: Raw) -> int:
    return record[2]


def _records(bars: Sequence[Raw]) -> list[Record]:
    return [Record(*bar) for bar in bars]


async def _settled(settings: Settings, ts: int, workers: Sequence[WorkerProcess]) -> None:
    """Wait until a step has counted all decisions, and the workers have read all that it wrote."""

    async def counted() -> bool:
        found = await steps(settings)
        return bool(found) and found[-1].ts >= ts and found[-1].cut == await _ends(settings)

    async def heard() -> bool:
        written = len(await controls(settings))
        return all([(await worker.metric("controls_read_total") or 0) >= written for worker in workers])

    await until(counted, PATIENCE, f"the decisions of {ts} in a step")
    await until(heard, PATIENCE, "all control records read")


async def _kills(settings: Settings) -> bool:
    own = [record.value for record in await controls(settings) if record.key == b"*" and record.value]
    return bool(own) and _control(own[-1]).kill == "close_all"


async def _ends(settings: Settings) -> list[int]:
    """The offset after the last decision of each partition."""
    return [part[-1].offset + 1 if part else 0 for part in await _decisions(settings)]


async def _decisions(settings: Settings) -> list[list[Any]]:
    return [await read_whole(settings, settings.topics.output, at) for at in range(settings.topics.partitions)]
