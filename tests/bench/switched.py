"""A fleet whose strategy is switched while workers are killed and replaced, against a backtest of its journal."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from tests.support.fleet import Fleet, environment
from tests.support.outputs import published
from tests.support.parity import Values, backtested, differing
from tests.support.switching import files
from tests.support.ticks import Publishing, group_settings, make_audit_topic, make_topics
from worker.settings import Settings
from worker.sources.record import Record

DEADLINE = 300.0  # seconds for one phase
CANDIDATES = "ALPHAPULSE_ENGINE__STRATEGY__CANDIDATES"
OFTEN = {"save_records": 50, "save_offsets": 2_000}  # so that killed workers leave snapshots behind


async def _switch(settings: Settings, *arguments: str, **extra: str) -> None:
    command = [sys.executable, "-m", "worker", "control", "strategy", *arguments]
    nothing, told = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    done = await asyncio.create_subprocess_exec(
        *command, env=environment(settings, **extra), stdout=nothing, stderr=told
    )
    _, error = await done.communicate()
    assert done.returncode == 0, error.decode()


async def run(settings: Settings, second: Path, records: list[Record], folder: Path, rate: float) -> Values:
    """Publish `records` to workers that meet all of it, and return what they have published."""
    await make_topics(settings)
    await make_audit_topic(settings)
    knows = {CANDIDATES: json.dumps([str(second)])}
    async with Fleet(settings, folder) as fleet:

        async def reached(share: float) -> None:
            await fleet.committed(share * len(records), DEADLINE, f"{share:.0%} of the input committed")

        victim, other = fleet.start("victim"), fleet.start("other")
        await victim.ready()
        await other.ready()
        publishing = Publishing(settings, records, rate)
        await reached(0.05)
        await _switch(settings, "--set", "risk=0.002")
        await reached(0.1)
        victim.kill()
        await fleet.started("added")
        for number in range(2):  # an upgrade: each worker is replaced by one that has the other version too
            await fleet.started(f"new{number}", **knows)
            fleet.workers[1 + number].send(signal.SIGTERM)
            assert await fleet.workers[1 + number].exit_code(DEADLINE) == 0
        await _switch(settings, str(second), "--set", "enter=30", "--wait", **knows)
        await reached(0.2)
        fleet.workers[-1].kill()
        await fleet.started("late", **knows)
        await _switch(settings, "--configured", **knows)
        assert publishing.left > 0, "the input ended before the last switch"
        await publishing.finish()
        await fleet.caught_up(DEADLINE)
        await fleet.stop()
    found = published(settings)
    names = (settings.topics.decisions, settings.topics.rejected)
    lines = ([line for (topic, _), part in found.items() if topic == name for line in part] for name in names)
    return Values(*(sorted(line.value or b"" for line in part) for part in lines))


def compared(bootstrap: str, mode: str, records: list[Record], folder: Path, rate: float) -> dict[str, float]:
    """Compare what such a fleet publishes with a backtest of the recorded topic and the group's journal."""
    first, second = files(folder)
    settings = group_settings(bootstrap, f"parity-{mode}-{uuid.uuid4().hex[:6]}", state=OFTEN, max_batch_records=500)
    chosen: dict[str, Any] = {"file": str(first), "mode": mode, "parameters": {"slow": "5m"}}
    settings = settings.model_copy(update={"engine": {"strategy": dict(chosen)}})
    wanted = asyncio.run(run(settings, second, records, folder, rate))
    chosen |= {"candidates": [str(second)]}
    journaled = settings.model_copy(update={"engine": {"strategy": chosen}})
    played = backtested(journaled, ["--topic", settings.topics.input, "--control"], folder / mode)
    found = Values(sorted(played.decisions), sorted(played.rejections))
    assert len(wanted.decisions) + len(wanted.rejections) == len(records), "the topics are not whole"
    hashes = Counter(msgspec.json.decode(line)["config_hash"] for line in wanted.decisions)
    assert len(hashes) == 3, hashes
    differ = differing(found, wanted)
    shares = " + ".join(f"{count:,}" for count in hashes.values())
    print(f"{mode:10} {len(records):9,} ticks  {shares} decisions, switched  {differ:,} values differ", flush=True)
    return {f"{mode}_ticks": len(records), f"{mode}_differing_values": differ}
