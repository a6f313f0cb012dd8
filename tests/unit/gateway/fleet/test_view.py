"""How members, probes and offsets make one picture."""

from __future__ import annotations

from typing import Any

import pytest

from worker.gateway.fleet.probe import WANTED, Look, Membership, Readiness
from worker.gateway.fleet.progress import Standing
from worker.gateway.fleet.scrapes import Process
from worker.gateway.fleet.targets import Target
from worker.gateway.fleet.view import FRESH, Seen, View
from worker.kafka.asking import Group, Member

NOW = 1_000.0
JOINED = {"joined": True, "restored": True, "last_commit": True}
RUNNING = Standing(90, 100, 10, 0.5, False, False)
STALLED = Standing(90, 100, 10, 30.0, True, False)
IDLE = Standing(100, 100, 0, 0.0, False, True)


def member(name: str, *partitions: int) -> Member:
    return Member(name, None, "alphapulse", "10.0.0.1", {"ticks": partitions} if partitions else {})


def process(
    port: int,
    member_id: str | None,
    partitions: dict[int, str],
    at: float = NOW,
    state: str = "running",
    restoring: dict[int, tuple[int, int]] | None = None,
) -> Process:
    made = Process(Target("http", "127.0.0.1", port, "localhost"))
    samples: Any = {name: {} for name in WANTED}
    samples["alphapulse_consumer_lag_records"] = {(("partition", str(p)),): 0.0 for p in partitions}
    samples["alphapulse_build_info"] = {(("version", "1.2"), ("config_hash", "abc")): 1.0}
    known = None if state == "old" else Membership(member_id, state, 4)
    made.note(Look(at, 1, Readiness(True, JOINED, known, partitions, restoring or {}), samples))
    return made


def view(*processes: Process, group: Group | None = None, known: bool = True, **standings: Standing) -> View:
    stand = {int(name[1:]): standing for name, standing in (standings or {"p0": RUNNING, "p1": RUNNING}).items()}
    group = group or Group("Stable", (member("a", 0), member("b", 1)))
    return View(Seen(NOW, known, "ticks", group, stand, {p.url: p for p in processes}, {0: 3.0}, {0: 77}))


def states(found: View) -> list[str]:
    return [one.state for one in found.partitions]


def test_a_healthy_fleet() -> None:
    found = view(process(1, "a", {0: "busy"}), process(2, "b", {1: "ready"}), p0=RUNNING, p1=IDLE)
    assert states(found) == ["running", "idle"]
    assert [(one.owner, one.host, one.lag, one.newest_close_ts) for one in found.partitions] == [
        ("a", "10.0.0.1", 10, 77),
        ("b", "10.0.0.1", 0, None),
    ]
    assert [(one.member_id, one.state, one.partitions, one.probe) for one in found.workers] == [
        ("a", "running", [0], "http://127.0.0.1:1"),
        ("b", "running", [1], "http://127.0.0.1:2"),
    ]
    assert (found.workers[0].version, found.workers[0].config_hash, found.workers[0].ready) == ("1.2", "abc", True)
    assert found.alive == 2


def test_a_killed_worker_is_seen_before_the_group_notices() -> None:
    gone, other = process(1, "a", {0: "ready"}), process(2, "b", {1: "ready"})
    gone.note(Look(NOW, 1, None, None, refused=True))
    found = view(gone, other)
    assert states(found) == ["unowned", "running"]
    assert [one.state for one in found.workers] == ["unknown", "running"]
    assert found.alive == 1


def test_the_way_of_a_take_over() -> None:
    other = process(2, "b", {1: "ready"})
    unrest = Group("PreparingRebalance", (member("b"),))
    assert states(view(other, group=unrest)) == ["unowned", "unowned"]
    assert [one.state for one in view(other, group=unrest).workers] == ["joining"]
    alone = Group("Stable", (member("b", 0, 1),))
    assert states(view(other, group=alone)) == ["restoring", "running"], "assigned, not taken yet"
    restoring = process(2, "b", {0: "restoring", 1: "ready"}, restoring={0: (30, 120)})
    found = view(restoring, group=alone)
    assert states(found) == ["restoring", "running"]
    restore = found.partitions[0].restore
    assert restore is not None
    assert (restore.done, restore.total, found.workers[0].state) == (30, 120, "restoring")
    assert states(view(process(2, "b", {0: "ready", 1: "ready"}), group=alone)) == ["running", "running"]


def test_without_an_answer_nothing_is_claimed() -> None:
    found = view(process(1, "a", {0: "ready"}), known=False)
    assert states(found) == ["unknown", "unknown"]
    assert [one.state for one in found.workers] == ["unknown", "unknown"], "and not that there is no worker"
    silent = process(1, "a", {0: "ready"}, at=NOW - FRESH - 1)
    assert states(view(silent, p0=RUNNING._replace(taken=False), p1=RUNNING)) == ["restoring", "running"]
    found = view(silent, p0=RUNNING, p1=STALLED)
    assert states(found) == ["running", "stalled"], "commits show it"
    assert [one.state for one in found.workers] == ["unknown", "unknown"]


def test_without_probes_the_offsets_tell() -> None:
    found = view(p0=RUNNING, p1=STALLED)
    assert states(found) == ["running", "stalled"]
    assert [(one.state, one.probe, one.ready) for one in found.workers] == [
        ("running", None, None),
        ("unknown", None, None),
    ]
    assert states(view(group=Group("Empty", ()))) == ["unowned", "unowned"]
    assert view(group=Group("Empty", ())).alive == 0


def test_probes_of_an_older_version_are_told_by_their_partitions() -> None:
    found = view(process(1, None, {0: "x"}, state="old"), process(2, None, {1: "x"}, state="old"))
    assert [one.probe for one in found.workers] == ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    assert states(found) == ["running", "running"]
    twice = view(process(1, None, {0: "x"}, state="old"), process(2, None, {0: "x"}, state="old"))
    assert [one.probe for one in twice.workers] == [None, None], "which of the two it is can't be told"


@pytest.mark.parametrize(("state", "shown"), [("joining", "joining"), ("draining", "draining"), ("failed", "joining")])
def test_what_a_member_says_of_itself(state: str, shown: str) -> None:
    assert view(process(1, "a", {0: "ready"}, state=state)).workers[0].state == shown


def test_a_process_that_is_no_member_yet_is_listed_and_other_roles_are_not() -> None:
    joins = process(3, None, {}, state="joining")
    monitor = process(4, None, {}, state="old")
    found = view(joins, monitor)
    assert [(one.member_id, one.state, one.probe) for one in found.workers[2:]] == [
        (None, "joining", "http://127.0.0.1:3")
    ]
