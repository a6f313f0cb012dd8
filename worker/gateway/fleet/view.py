"""The fleet as one picture: members with their processes, partitions with their owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from worker.gateway.fleet.progress import Standing
from worker.gateway.fleet.rates import Pace
from worker.gateway.fleet.scrapes import Process, by_member
from worker.gateway.resources.fleet import (
    FleetPartition,
    FleetWorker,
    PartitionState,
    Restore,
    WorkerState,
)
from worker.kafka.asking import Group, Member

FRESH = 5.0  # seconds for which an answer counts
STABLE = "Stable"
TAKEN = ("ready", "busy", "parked")  # phases of a partition that is restored


class Seen(NamedTuple):
    """What is known at one time; `known` tells whether the brokers have answered lately."""

    now: float  # monotonic
    known: bool
    topic: str
    group: Group | None
    standings: Mapping[int, Standing]
    processes: Mapping[str, Process]
    rates: Mapping[int, float]  # decisions a second by partition
    newest: Mapping[int, int]  # close times by partition


class View:
    """Joins what the brokers say to what the probes say."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        members = seen.group.members if seen.group else ()
        self._owners = {p: member for member in members for p in _owned(member, seen.topic)}
        self._processes = by_member(
            seen.processes, {member.member_id: frozenset(_owned(member, seen.topic)) for member in members}
        )
        self.partitions = [self._partition(p) for p in sorted(seen.standings)]
        self._states = {one.partition: one.state for one in self.partitions}
        self.workers = [self._worker(member) for member in members] + self._strangers()

    @property
    def alive(self) -> int:
        """Members whose processes are not known to be gone."""
        members = self._seen.group.members if self._seen.group else ()
        return sum(not self._gone(member.member_id) for member in members)

    def _gone(self, member_id: str) -> bool:
        process = self._processes.get(member_id)
        return process is not None and process.last is not None and process.last.refused

    def _fresh(self, process: Process | None) -> bool:
        return (
            process is not None
            and process.answered is not None
            and process.answered is process.last
            and self._seen.now - process.answered.at <= FRESH
        )

    def _partition(self, partition: int) -> FleetPartition:
        standing, owner = self._seen.standings[partition], self._owners.get(partition)
        state, restore = self._state(partition, standing, owner)
        return FleetPartition(
            partition,
            owner.member_id if owner else None,
            owner.host if owner else None,
            standing.committed,
            standing.end,
            standing.lag,
            round(standing.lag_seconds, 1),
            state,
            restore,
            self._seen.newest.get(partition),
            round(self._seen.rates.get(partition, 0.0), 1),
        )

    def _state(self, partition: int, standing: Standing, owner: Member | None) -> tuple[PartitionState, Restore | None]:
        group = self._seen.group
        if not self._seen.known or group is None:
            return "unknown", None
        if group.state != STABLE or owner is None or self._gone(owner.member_id):
            return "unowned", None
        process = self._processes.get(owner.member_id)
        readiness = process.answered.readiness if process and process.answered and self._fresh(process) else None
        if readiness is not None and readiness.member is not None:
            phase = readiness.partitions.get(partition)
            if phase == "restoring":
                done, total = readiness.restoring.get(partition, (0, 0))
                return "restoring", Restore(done, total) if total else None
            if phase not in TAKEN:
                return "restoring", None  # assigned, and not taken yet
        elif not standing.taken:
            return "restoring", None  # no commit of the new owner shows that it works
        if standing.stalled:
            return "stalled", None
        return ("idle" if standing.idle else "running"), None

    def _worker(self, member: Member) -> FleetWorker:
        process = self._processes.get(member.member_id)
        partitions = list(_owned(member, self._seen.topic))
        state = self._worker_state(member, process, partitions)
        return _worker(member, partitions, state, process)

    def _worker_state(self, member: Member, process: Process | None, partitions: Sequence[int]) -> WorkerState:
        group = self._seen.group
        if not self._seen.known or group is None:
            return "unknown"
        if process is not None and not self._fresh(process):
            return "unknown"
        readiness = process.answered.readiness if process and process.answered else None
        if readiness is not None and readiness.member is not None:
            if readiness.member.state in ("draining", "closed"):
                return "draining"
            if readiness.member.state != "running":
                return "joining"
        if group.state != STABLE:
            return "joining"
        states = {self._states.get(partition, "unknown") for partition in partitions}
        if "restoring" in states:
            return "restoring"
        return "running" if states <= {"running", "idle"} else "unknown"

    def _strangers(self) -> list[FleetWorker]:
        """Return processes that answer and are no members, or no longer."""
        mine = {process.url for process in self._processes.values()}
        return [
            _worker(None, [], "joining", process)
            for url, process in self._seen.processes.items()
            if url not in mine and self._fresh(process) and _is_worker(process)
        ]


def _owned(member: Member, topic: str) -> tuple[int, ...]:
    return member.assignment.get(topic, ())


def _is_worker(process: Process) -> bool:
    """Return whether a process says of itself what workers say, before they join too."""
    readiness = process.answered.readiness if process.answered else None
    return readiness is not None and (readiness.member is not None or readiness.checks == {"joined": False})


def _worker(member: Member | None, partitions: list[int], state: WorkerState, process: Process | None) -> FleetWorker:
    answered = process.answered if process else None
    readiness = answered.readiness if answered else None
    pace = process.rates.pace() if process else Pace()
    build = _build(process)
    return FleetWorker(
        member.member_id if member else None,
        member.client_id if member else "",
        member.host if member else "",
        member.instance_id if member else None,
        partitions,
        state,
        process.url if process else None,
        readiness.ok if readiness else None,
        readiness.checks if readiness else {},
        answered.ts if answered else None,
        _rounded(pace.decisions_per_s),
        _rounded(pace.p99_ms),
        _rounded(pace.cpu_percent),
        _rounded(pace.rss_mb),
        build.get("version"),
        build.get("config_hash"),
    )


def _build(process: Process | None) -> dict[str, str]:
    samples = process.answered.samples if process and process.answered else None
    return dict(next(iter(samples["alphapulse_build_info"]), ())) if samples else {}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
