"""The workers' probes, asked about each second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import httpx

from worker.gateway.fleet import probe
from worker.gateway.fleet.probe import Look
from worker.gateway.fleet.rates import Rates
from worker.gateway.fleet.targets import Target, Targets

log = logging.getLogger(__name__)
CALM, UNREST = 1.0, 0.25  # seconds between two rounds; the shorter while partitions change hands
MOST_RATE = 32.0  # probes a second
FORGET = 30.0  # seconds without an answer after which a process that left the targets' list is forgotten


class Process:
    """One probed process."""

    def __init__(self, target: Target) -> None:
        self.url = target.url
        self.rates = Rates()
        self.last: Look | None = None  # the last round
        self.answered: Look | None = None  # the last one with an answer
        self.member_id: str | None = None  # that it had last

    def note(self, look: Look) -> None:
        """Take what a round has brought."""
        self.last = look
        if look.readiness is not None:
            self.answered = look
            if look.readiness.member is not None:
                self.member_id = look.readiness.member.id or self.member_id
            if look.samples is not None:
                self.rates.note(look.at, look.samples)


class Scrapes:
    """All probed processes by URL."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self.processes: dict[str, Process] = {}
        self.calm = True

    @property
    def configured(self) -> bool:
        """Whether there are any probes to ask."""
        return self._targets.configured

    async def run(self) -> None:
        """Ask until cancelled."""
        async with probe.client() as client:
            while self.configured:
                targets = await self._targets.now()
                await self._round(client, targets)
                pause = CALM if self.calm else UNREST
                await asyncio.sleep(max(pause, len(targets) / MOST_RATE))  # probes do not notify

    async def _round(self, client: httpx.AsyncClient, targets: list[Target]) -> None:
        looks = await asyncio.gather(*(probe.look(client, target) for target in targets))
        now = {target.url for target in targets}
        for target, look in zip(targets, looks, strict=True):
            self.processes.setdefault(target.url, Process(target)).note(look)
        for url in [url for url, known in self.processes.items() if url not in now and _old(known, looks)]:
            del self.processes[url]


def _old(process: Process, looks: list[Look]) -> bool:
    now = max((look.at for look in looks), default=float("inf"))
    return process.last is None or now - process.last.at > FORGET


def by_member(processes: Mapping[str, Process], assignments: Mapping[str, frozenset[int]]) -> dict[str, Process]:
    """Return the process of each member: the one that names its id, else the only one that has its partitions.

    The second holds for workers of an older version, whose probes name no member.
    """
    found: dict[str, Process] = {}
    for process in processes.values():
        if process.member_id is not None and process.member_id in assignments:
            known = found.get(process.member_id)
            if known is None or _newer(process, known):
                found[process.member_id] = process
    free = [p for p in processes.values() if p.answered is not None and p.member_id is None]
    for member, partitions in assignments.items():
        same = [p for p in free if partitions and _measured(p) == partitions]
        if member not in found and len(same) == 1:
            found[member] = same[0]
    return found


def _newer(one: Process, other: Process) -> bool:
    return other.answered is None or (one.answered is not None and one.answered.at > other.answered.at)


def _measured(process: Process) -> frozenset[int]:
    """Return the partitions that a process has consumed from."""
    samples = process.answered.samples if process.answered else None
    if samples is None:
        return frozenset()
    named = (dict(labels).get("partition", "") for labels in samples["alphapulse_consumer_lag_records"])
    return frozenset(int(partition) for partition in named if partition.isdecimal())
