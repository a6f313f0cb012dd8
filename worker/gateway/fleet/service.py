"""The service that looks at the fleet about each second."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from worker.gateway.fleet.asked import Asked, Told
from worker.gateway.fleet.flow import Flow
from worker.gateway.fleet.progress import Progress, Standing
from worker.gateway.fleet.rates import quantile_ms, together
from worker.gateway.fleet.rebalances import Rebalances
from worker.gateway.fleet.scrapes import Scrapes
from worker.gateway.fleet.sequences import Sequences
from worker.gateway.fleet.targets import Targets
from worker.gateway.fleet.view import Seen, View
from worker.gateway.log.logs import Logs
from worker.gateway.resources.fleet import Fleet as FleetBody
from worker.gateway.resources.fleet import FleetPartitions, FleetRebalance, FleetWorkers
from worker.kafka.asking import Member
from worker.settings import Settings

log = logging.getLogger(__name__)
LATE = 5.0  # seconds without an answer of the brokers after which nothing is claimed of the group
RATE = 10  # seconds of a rate
SHOWN = 50  # rebalances
STEP = 0.5  # seconds between two looks at what the logs have
STOP = 0.3  # seconds for the end of all
AGAIN = 1.0  # seconds after an error


class _Closed(msgspec.Struct):
    close_ts: int


_closed = msgspec.json.Decoder(_Closed).decode


class Fleet:
    """What is known of the fleet now."""

    def __init__(self, settings: Settings, options: dict[str, Any], logs: Logs) -> None:
        """Take the settings.

        Raises:
            ConfigError: gateway.scrape names no URL.
        """
        self._settings, self._logs = settings, logs
        self._topic = settings.topics.input
        self._asked = Asked(options, settings.processing.group, self._topic, settings.risk_group, self._heard)
        self.scrapes = Scrapes(Targets(settings.gateway.scrape, settings.gateway.scrape_file))
        self.rebalances = Rebalances()
        self.sequences = Sequences()
        self.since_ms = 0  # when the counting of sequences began
        self.decisions: Flow | None = None
        self.rejections: Flow | None = None
        self._told: Told | None = None
        self._progress: dict[int, Progress] = {}
        self._standings: dict[int, Standing] = {}
        self._begun = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to look."""
        for work in (self._asked.run, self.scrapes.run, self._follow):
            self._tasks.append(asyncio.create_task(_for_ever(work), name="fleet"))

    async def stop(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP)

    async def _follow(self) -> None:
        """Count what comes once the logs are filled; a topic may come into being later."""
        while True:
            if self._logs.filled:
                self._begin()
                self.sequences.judge(time.monotonic())
            await asyncio.sleep(STEP)

    def _begin(self) -> None:
        decisions, rejections = self._logs.decisions, self._logs.rejections
        if not self.since_ms:
            newest = self._logs.newest
            last = [entry for symbol in newest.symbols() if (entry := newest.of(symbol))]
            held = (
                [rejections.since(p, 0, rejections.ends[p]) for p in range(rejections.partitions)] if rejections else []
            )
            self.sequences.begin(last, [entry for entries in held for entry in entries])
            self.since_ms = int(time.time() * 1000)
        if decisions and self.decisions is None:
            self.decisions = Flow(decisions)
            decisions.listen(lambda entries: self.sequences.decided(time.monotonic(), entries))
        if rejections and self.rejections is None:
            self.rejections = Flow(rejections)
            rejections.listen(lambda entries: self.sequences.rejected(time.monotonic(), entries))

    def _heard(self, told: Told) -> None:
        self._told = told
        owners = {p: one.member_id for one in told.group.members for p in one.assignment.get(self._topic, ())}
        for partition, end in told.ends.items():
            progress = self._progress.setdefault(partition, Progress())
            committed = told.committed[partition]
            first = told.first.get(partition, 0)
            self._standings[partition] = progress.look(told.at, committed, first, end, owners.get(partition))
        self.rebalances.note(told.at, int(time.time() * 1000), told.group, self.generation)
        states = {one.state for one in self.view().partitions}
        empty = told.group.state in ("Empty", "Dead")  # for as long as nobody starts a worker
        self._asked.calm = self.scrapes.calm = empty or not states & {"unowned", "restoring"}

    @property
    def age_s(self) -> float | None:
        """Seconds since the brokers last answered; None before the first answer."""
        return None if self._told is None else time.monotonic() - self._told.at

    @property
    def known(self) -> bool:
        """Whether they have answered lately."""
        age = self.age_s
        return age is not None and age <= LATE

    @property
    def silent_s(self) -> float:
        """Seconds for which they have given no answer, those before the first one included."""
        return time.monotonic() - (self._told.at if self._told else self._begun)

    @property
    def problem(self) -> str | None:
        """Why they give no answer."""
        return self._asked.problem or None

    @property
    def group_state(self) -> str:
        """State of the group as its coordinator names it."""
        return self._told.group.state if self._told is not None and self.known else "unknown"

    @property
    def unrest_s(self) -> float:
        """Seconds for which the group has been rebalancing."""
        return self.rebalances.lasts(time.monotonic())

    @property
    def generation(self) -> int | None:
        """The newest generation that a probe names."""
        looks = [process.answered for process in self.scrapes.processes.values()]
        members = [look.readiness.member for look in looks if look and look.readiness]
        return max((m.generation for m in members if m and m.generation is not None), default=None)

    @property
    def standings(self) -> dict[int, Standing]:
        """Where the partitions stood at the last look."""
        return self._standings

    @property
    def monitor(self) -> tuple[Member | None, int | None]:
        """The member that leads the portfolio's monitor, and the number that stands by; None where it is not known."""
        group = self._asked.other if self.known else None
        if group is None or group.state not in ("Stable", "Empty", "Dead"):
            return None, None
        leads = [member for member in group.members if self._settings.risk_state_topic in member.assignment]
        return (leads[0] if leads else None), len(group.members) - len(leads)

    def view(self) -> View:
        """Return the picture of now."""
        told = self._told
        rates = {p: self.decisions.rate(RATE, p) if self.decisions else 0.0 for p in self._standings}
        group = told.group if told else None
        return View(
            Seen(
                time.monotonic(),
                self.known,
                self._topic,
                group,
                self._standings,
                self.scrapes.processes,
                rates,
                self._newest(),
            )
        )

    def _newest(self) -> dict[int, int]:
        """Return the close time of each partition's newest decision."""
        log, found = self._logs.decisions, dict[int, int]()
        for partition in range(log.partitions) if log else ():
            for entry in log.before(partition, log.ends[partition], 1) if log else ():
                try:
                    found[partition] = _closed(entry.value or b"").close_ts
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    continue
        return found

    def p99_ms(self) -> float | None:
        """Return the 99th percentile of the time to commit a batch, of all workers in the last minute."""
        return quantile_ms(together(process.rates.buckets() for process in self.scrapes.processes.values()), 0.99)

    def workers(self, view: View) -> FleetWorkers:
        """Return the group and its members."""
        age = self.age_s
        rebalances = [FleetRebalance(*each) for each in reversed(self.rebalances.seen)]
        return FleetWorkers(
            self._settings.processing.group,
            self.group_state,
            self.generation,
            view.workers,
            rebalances[:SHOWN],
            self.rebalances.count,
            None if age is None else round(age, 1),
            self.problem,
        )

    def partitions(self, view: View) -> FleetPartitions:
        """Return the partitions of the input."""
        age = self.age_s
        return FleetPartitions(view.partitions, None if age is None else round(age, 1), self.problem)

    def body(self) -> FleetBody:
        """Return the data of a `fleet` event."""
        view = self.view()
        return FleetBody(self.workers(view), self.partitions(view))


async def _for_ever(work: Callable[[], Awaitable[None]]) -> None:
    """Work until cancelled: what fails is told, and begun again."""
    while True:
        try:
            await work()
            return
        except Exception:
            log.exception("a look at the fleet failed")
            await asyncio.sleep(AGAIN)
