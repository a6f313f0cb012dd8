"""The same log and journal give the same bytes, wherever processes end and whatever came in between."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from schemas.alert import Alert
from tests.support.alarms import MINUTE, SECOND, Alarms, acknowledged, plan_of, portfolio, shipped, silence, traffic
from worker.alerts import journal
from worker.alerts.evaluation.sources import Row
from worker.errors import DataError

ROUTES = """
[[routes]]
match = { severity = "critical" }
receivers = ["ops"]
escalate = ["boss"]
escalate_after = "3m"
group_by = ["symbol"]

[[routes]]
receivers = ["ops"]

[[inhibit]]
source = { rule = "kill" }
target = { rule = "limit-*" }

[[quiet]]
begin = "22:00"
end = "23:30"

[receivers.ops]
kind = "webhook"
url = "http://127.0.0.1:1/"

[receivers.boss]
kind = "webhook"
url = "http://127.0.0.1:2/"
"""


def run(folder: Path, seed: int, partitions: int, restarts: bool) -> Alarms:
    dice, fate = random.Random(seed), random.Random(-seed)
    alarms = Alarms(plan_of(folder, ROUTES, shipped=True), partitions)
    for turn in range(90):
        traffic(alarms, dice)
        rows = []
        if dice.random() < 0.1:
            lag = dice.choice([0.0, 90.0])
            rows = [Row("lag", "worker", "g", "ticks.raw", 0, 5, 1, lag, lag)]
        if dice.random() < 0.05:
            alarms.put("audit", silence(turn, alarms.now, alarms.now + 3 * MINUTE, rule="rejected-share"))
        if dice.random() < 0.1 and alarms.core.open:
            alarms.put("audit", acknowledged(dice.choice(alarms.core.open).fingerprint, alarms.now))
        alarms.step(dice.choice([50, SECOND, 20 * SECOND]), rows)
        for _ in range(dice.randrange(3)):
            alarms.step(dice.choice([50, 300, 5 * SECOND]))  # nothing came; time alone may end something
        if restarts and fate.random() < 0.05:
            alarms.restart()
    return alarms


@pytest.mark.parametrize(("seed", "partitions"), [(1, 1), (2, 3)])
def test_replays_and_restarts_repeat_every_byte(tmp_path: Path, seed: int, partitions: int) -> None:
    alarms = run(tmp_path, seed, partitions, restarts=True)
    states = {alert.state for written in alarms.written for alert, _ in written.alerts}
    assert states == {"pending", "firing", "acknowledged", "resolved"}
    assert {one.message.cause for one in alarms.sent} >= {"change", "escalation"}
    steps = [written.step.number for written in alarms.written if written.step]
    assert steps == list(range(1, len(steps) + 1))
    assert alarms.replayed() == alarms.written
    uninterrupted = run(tmp_path, seed, partitions, restarts=False)
    assert uninterrupted.written == alarms.written


def test_alerts_satisfy_their_schema(tmp_path: Path) -> None:
    for written in run(tmp_path, 5, 1, restarts=False).written:
        for alert, value in written.alerts:
            assert msgspec.json.decode(value, type=Alert) == alert


def test_steps_in_which_nothing_changes_write_nothing() -> None:
    alarms = Alarms(shipped())
    alarms.put("portfolio", portfolio(0.5))
    alarms.step()
    assert len(alarms.written) == 1
    assert alarms.pass_(MINUTE) == []
    assert len(alarms.written) == 1


def test_a_clock_that_goes_back_does_not() -> None:
    alarms = Alarms(shipped())
    alarms.put("portfolio", portfolio(0.9))
    (near,) = alarms.step()
    alarms.put("portfolio", portfolio(0.5))
    (over,) = alarms.step(-MINUTE)
    assert over.ends_ms == near.fired_ms


def test_damaged_state_is_told() -> None:
    alarms = Alarms(shipped())
    alarms.put("portfolio", portfolio(0.9))
    alarms.step()
    key = next(key for key in alarms.state if key.startswith("series/"))
    with pytest.raises(DataError, match="damaged"):
        journal.steps({"step/1": b"\xc1"})
    alarms.state[key] = b"\xc1"
    with pytest.raises(DataError, match="damaged"):
        alarms.restart()
