"""Alerts proven and measured (`make alerts`): what arrives through faults and storms, and how soon."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench import report, targets
from tests.bench.targets import AT_MOST, Target
from tests.support.alerting import (
    Alerting,
    Shifts,
    alerts_settings,
    assert_replay,
    assert_told,
    decide,
    delivered,
    make_alerts_topics,
    owns,
    write_file,
)
from tests.support.fleet import until
from tests.support.hooks import Answer, Hook
from worker.broker import Broker
from worker.settings import Settings

ALERTS, KILLS, EACH = 1_000, 10, 25
STORM, ONE_GROUP = 10_000, 'group_by = []\nwait = "10s"\ninterval = "5m"'
SINGLE = 'group_by = ["symbol"]\nstorm = 0'
SAMPLES, PAUSE = 200, 0.1  # decisions whose way is timed, seconds between two
SEED = 17
PATIENCE = 600.0
TARGETS: targets.Targets = {
    "lost": (Target(AT_MOST, 0),),
    "repeats": (Target(AT_MOST, KILLS),),
    "decision_to_webhook_p99_ms": (Target(AT_MOST, 2_000),),
    "messages_in_storm": (Target(AT_MOST, 12),),
}


def say(line: str) -> None:
    """A progress line."""
    print(line, flush=True)


def settings_for(bootstrap: str, folder: Path, file: Path, **alerts: Any) -> Settings:
    """Settings with topics of their own."""
    return alerts_settings(bootstrap, f"b{uuid.uuid4().hex[:8]}", file, **alerts)


async def arriving(bootstrap: str, folder: Path) -> dict[str, float]:
    """A receiver fails half the time, and the owner is killed ten times while alerts come."""
    dice = random.Random(SEED)

    def half(_: bytes) -> Answer:
        return (200, {}) if dice.random() < 0.5 else (503, {})

    with Hook(half) as hook:
        file = write_file(folder, hook.url, SINGLE)
        settings = settings_for(bootstrap, folder, file, retry_min_ms=20, retry_max_ms=1_000)
        await make_alerts_topics(settings)
        shifts = Shifts(settings)
        async with Alerting(settings, folder) as fleet:
            owner = await fleet.owner("owner-0")
            for kill in range(1, KILLS + 1):
                await shifts.more(ALERTS // KILLS)
                goal = len(hook.taken) + dice.randrange(EACH, 3 * EACH)

                async def on_its_way(goal: int = goal) -> bool:
                    return len(hook.taken) >= goal

                await until(on_its_way, PATIENCE, "messages on their way")
                owner.kill()
                fleet.workers.remove(owner)
                owner = fleet.member(f"owner-{kill}")
                await owns(owner)
                say(f"kill {kill}: {len(hook.taken)} messages taken")
            await shifts.told(hook, PATIENCE)
            await delivered(settings, ALERTS, PATIENCE)
            await fleet.stop()
        repeats = assert_told(hook, shifts.symbols)
        taken = Counter(one["labels"]["symbol"] for request in hook.taken for one in request.json["alerts"])
        attempts = len(hook.requests)
    await assert_replay(settings)
    lost = len(set(shifts.symbols) - set(taken))
    return {"alerts": float(ALERTS), "delivered": float(len(taken)), "lost": float(lost), "repeats": float(repeats)} | {
        "attempts": float(attempts)
    }


async def timed(bootstrap: str, folder: Path) -> dict[str, float]:
    """From the append of a decision to the request that tells of it."""
    with Hook() as hook:
        settings = settings_for(bootstrap, folder, write_file(folder, hook.url, SINGLE), step_ms=250)
        await make_alerts_topics(settings)
        begun: dict[str, float] = {}
        async with Alerting(settings, folder) as fleet:
            await fleet.owner("timed")
            for at in range(SAMPLES):
                symbol = f"T{at:04d}"
                begun[symbol] = time.time()
                await decide(settings, [(at % 2, symbol, 1)], "level_shift")
                await asyncio.sleep(PAUSE)

            async def holds() -> bool:
                return len(hook.taken) >= SAMPLES

            await until(holds, PATIENCE, "an alert for each decision")
            await fleet.stop()
        took = [
            1000 * (one.at - begun[alert["labels"]["symbol"]]) for one in hook.taken for alert in one.json["alerts"]
        ]
    return {
        "decision_to_webhook_p50_ms": float(np.percentile(took, 50)),
        "decision_to_webhook_p99_ms": float(np.percentile(took, 99)),
    }


async def storm(bootstrap: str, folder: Path) -> dict[str, float]:
    """Ten thousand alerts within a minute under the usual times of a route."""
    with Hook() as hook:
        file = write_file(folder, hook.url)
        file.write_text(file.read_text().replace('wait = "0s"\ninterval = "1s"\n', f"{ONE_GROUP}\n"), encoding="utf-8")
        settings = settings_for(bootstrap, folder, file, step_ms=250)
        await make_alerts_topics(settings)
        shifts = Shifts(settings)
        async with Alerting(settings, folder) as fleet:
            await fleet.owner("storm")
            begun = time.monotonic()
            for _ in range(20):
                await shifts.more(STORM // 20)

            async def holds() -> bool:
                told = sum(one.json["firing"] for one in hook.taken)
                return told >= STORM or time.monotonic() - begun > 75.0

            await until(holds, 90.0, "the storm is told")
            seconds = time.monotonic() - begun
            await fleet.stop()
        told = sum(one.json["firing"] for one in hook.taken)
        found = await assert_replay(settings)
    assert len([one for one in found if one.state == "firing"]) == STORM
    say(f"{told} alerts told after {seconds:.0f} s in {len(hook.taken)} messages")
    return {"storm_alerts": float(STORM), "messages_in_storm": float(len(hook.taken)), "told_in_storm": float(told)}


async def measure(folder: Path) -> dict[str, float]:
    """All figures."""
    figures: dict[str, float] = {}
    with Broker() as broker:
        for name, part in (("arriving", arriving), ("timed", timed), ("storm", storm)):
            say(f"{name}: {(part.__doc__ or '').strip()}")
            own = folder / name
            own.mkdir()
            figures |= await part(broker.bootstrap, own)
    return figures


def main() -> None:
    """Measure, print the table, write the results; exit 1 where a figure is not the promised one."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder)))
    targets.show(TARGETS, figures)
    late = targets.missed(TARGETS, figures)
    print(f"written to {report.write('alerts', figures, missed=late)}")
    if late:
        sys.exit(f"error: not as promised: {', '.join(late)}")


if __name__ == "__main__":
    main()
