"""F59 to F62: the alerts killed, frozen, with receivers that fail and without their state."""

from __future__ import annotations

import os
import random
import signal
import threading
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.support.alerting import (
    Alerting,
    Shifts,
    alerts_settings,
    assert_replay,
    assert_told,
    make_alerts_topics,
    make_state_topic,
    owns,
    write_file,
)
from tests.support.fleet import WorkerProcess, until
from tests.support.hooks import Answer, Hook
from tests.support.oracle import PATIENCE
from worker.errors import Exit
from worker.stream.failpoints import VARIABLE

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "13"))
OPENING = ("before_fence", "fenced", "restoring")
STEPS = ("begun", "acknowledged", "offsets_sent", "committed", "delivering", "attempted")
QUICK = ("committed", "attempted")
EACH = 6  # alerts of a turn
SINGLE = 'group_by = ["symbol"]\nstorm = 0'


@fault("F59")
async def test_killed_between_sending_and_noting_it(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    await killed_at(QUICK, cluster, topic_prefix, tmp_path)


@fault("F59")
async def test_killed_at_each_step(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    await killed_at((*OPENING, *STEPS), cluster, topic_prefix, tmp_path)


async def killed_at(points: tuple[str, ...], cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    with Hook() as hook:
        settings = alerts_settings(cluster.bootstrap, topic_prefix, write_file(tmp_path, hook.url, SINGLE))
        await make_alerts_topics(settings)
        shifts = Shifts(settings)
        async with Alerting(settings, tmp_path) as fleet:
            for point in points:
                await shifts.more(EACH)
                # The first transaction is the barrier; the second one is that of a step.
                number = 1 if point in OPENING else 3
                victim = fleet.member(point, **{VARIABLE: f"{point}:{number}"})
                assert await victim.exit_code(PATIENCE) == -signal.SIGKILL, victim.text
                fleet.workers.remove(victim)
            await shifts.more(EACH)
            await fleet.owner("last")
            await shifts.told(hook, PATIENCE)
            await fleet.stop()
        repeats = assert_told(hook, shifts.symbols)
        print(f"{len(points)} kills, {repeats} repeats")
        assert repeats <= len(points)
    await assert_replay(settings)


@fault("F60")
async def test_zombies_add_nothing(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    """Each owner freezes itself at a step, and wakes when another owns the alerts."""
    with Hook() as hook:
        settings = alerts_settings(cluster.bootstrap, topic_prefix, write_file(tmp_path, hook.url, SINGLE))
        await make_alerts_topics(settings)
        shifts = Shifts(settings)
        async with Alerting(settings, tmp_path) as fleet:
            await shifts.more(EACH)
            zombie = fleet.member("zombie-0", **{VARIABLE: f"{STEPS[0]}:3:SIGSTOP"})
            for at, point in enumerate((*STEPS[1:], None), 1):
                await until(partial(holds_still, zombie), PATIENCE, "an owner at its point")
                await shifts.more(EACH)
                extra = {} if point is None else {VARIABLE: f"{point}:3:SIGSTOP"}
                heir = fleet.member(f"zombie-{at}", **extra)
                if point is None:
                    await owns(heir, PATIENCE)
                else:
                    await until(partial(holds_still, heir), PATIENCE, "the heir at its point")
                zombie.send(signal.SIGCONT)
                assert await zombie.exit_code(PATIENCE) == Exit.TEMPORARY, zombie.text
                fleet.workers.remove(zombie)
                zombie = heir
            await shifts.more(EACH)
            await shifts.told(hook, PATIENCE)
            await fleet.stop()
        repeats = assert_told(hook, shifts.symbols)
        assert repeats <= len(STEPS)
    await assert_replay(settings)


async def holds_still(member: WorkerProcess) -> bool:
    return member.stopped


@fault("F61")
async def test_receivers_that_fail_keep_nothing_back(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    """One fails half the time, one never answers, one is not there: rules go on, and the first gets everything."""
    dice = random.Random(SEED)

    def half(_: bytes) -> Answer:
        return (200, {}) if dice.random() < 0.5 else (dice.choice([500, 503]), {"Retry-After": "0"})

    stuck = threading.Event()

    def never(_: bytes) -> Answer:
        stuck.wait()
        return 500, {}

    rest = """
[receivers.gone]
kind = "webhook"
url = "http://127.0.0.1:1/"
"""
    with Hook(half) as hook, Hook(never) as silent:
        rest += f'[receivers.silent]\nkind = "webhook"\nurl = "{silent.url}"\ntimeout = "60s"\n'
        file = write_file(tmp_path, hook.url, SINGLE, rest)
        text = file.read_text().replace('receivers = ["ops"]', 'receivers = ["ops", "gone", "silent"]')
        file.write_text(text, encoding="utf-8")
        settings = alerts_settings(cluster.bootstrap, topic_prefix, file)
        await make_alerts_topics(settings)
        shifts = Shifts(settings)
        async with Alerting(settings, tmp_path) as fleet:
            await fleet.owner("owner")
            for _ in range(5):
                await shifts.more(EACH)
            await shifts.told(hook, PATIENCE)
            await fleet.stop(PATIENCE)
        stuck.set()
        assert assert_told(hook, shifts.symbols) == 0
        assert len(hook.requests) > len(hook.taken)
    await assert_replay(settings)


@fault("F62")
async def test_a_deleted_state_is_begun_anew(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    """What fires goes on under the same id, and is told once more; nothing that fires is forgotten."""
    with Hook() as hook:
        settings = alerts_settings(cluster.bootstrap, topic_prefix, write_file(tmp_path, hook.url, SINGLE))
        await make_alerts_topics(settings)
        shifts = Shifts(settings)
        async with Alerting(settings, tmp_path) as fleet:
            await fleet.owner("before")
            await shifts.more(EACH)
            await shifts.told(hook, PATIENCE)
            await fleet.stop(PATIENCE)
            fleet.workers.clear()
            before = {one["fingerprint"] for request in hook.taken for one in request.json["alerts"]}
            # A state topic without records stands for one that was deleted; a deletion ends asynchronously.
            moved = settings.topics.model_copy(update={"alerts_state": "other.state"})
            lost = settings.model_copy(update={"topics": moved})
            await make_state_topic(lost)
            await fleet.owner("after", ALPHAPULSE_TOPICS__ALERTS_STATE="other.state")
            await shifts.more(EACH)
            await shifts.told(hook, PATIENCE)
            await fleet.stop(PATIENCE)
        assert {one["fingerprint"] for request in hook.taken for one in request.json["alerts"]} > before
        assert_told(hook, shifts.symbols)
