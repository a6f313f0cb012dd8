"""Random faults from a seed: the same seed strikes in the same order with the same weapons."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable

from tests.chaos.cluster import Cluster, through
from tests.chaos.proxy import Proxy
from tests.support.fleet import Fleet, WorkerProcess
from tests.support.oracle import PATIENCE
from worker.errors import Exit

LONG, SHORT = 8.0, 2.0  # seconds that a fault lasts: beyond a session, within one
LARGEST = 3  # workers at once
Weapon = Callable[[], Awaitable[None]]


class Nemesis:
    """Strikes the workers of a fleet. The first one, the witness, is frozen and cut off like the others but never
    ended."""

    def __init__(self, fleet: Fleet, seed: int) -> None:
        self.strikes: list[str] = []
        self.dice = random.Random(seed)
        self._fleet = fleet
        self._numbers = iter(range(1_000_000))

    @property
    def weapons(self) -> tuple[Weapon, ...]:
        """What it may strike with."""
        return (self._kill, self._freeze, self._term, self._join)

    def door(self, number: int) -> dict[str, str]:
        """How the worker of this number reaches the brokers."""
        raise NotImplementedError

    async def begin(self) -> WorkerProcess:
        """Start two workers and return the witness when both are ready."""
        witness, other = self._start(), self._start()
        await asyncio.gather(witness.ready(), other.ready())
        return witness

    async def strike(self) -> str:
        """One random fault, then as many workers as before; returns what it was."""
        weapon = self.dice.choice(self.weapons)
        name: str = weapon.__name__.removeprefix("_")
        self.strikes.append(name)
        await weapon()
        self._revive()
        return name

    def _start(self) -> WorkerProcess:
        number = next(self._numbers)
        return self._fleet.start(f"worker-{number}", **self.door(number))

    def _revive(self) -> None:
        """What a supervisor does: one that asks for it is started again, any other end is a failure."""
        for worker in [worker for worker in self._fleet.workers if not worker.running]:
            code = worker.process.returncode
            assert code in (Exit.OK, Exit.TEMPORARY, Exit.UNAVAILABLE, -signal.SIGKILL), (
                f"{worker.name} ended with {code}:\n{worker.text}"
            )
            self._fleet.workers.remove(worker)
        while len(self._fleet.workers) < 2:
            self._start()

    def _victim(self) -> WorkerProcess:
        return self.dice.choice(self._fleet.workers[1:])

    async def _kill(self) -> None:
        self._victim().kill()

    async def _freeze(self) -> None:
        worker = self.dice.choice(self._fleet.workers)
        worker.send(signal.SIGSTOP)
        await asyncio.sleep(LONG)
        worker.send(signal.SIGCONT)

    async def _term(self) -> None:
        worker = self._victim()
        worker.send(signal.SIGTERM)
        assert await worker.exit_code(PATIENCE) == Exit.OK, worker.text

    async def _join(self) -> None:
        if len(self._fleet.workers) < LARGEST:
            self._start()


class ProxyNemesis(Nemesis):
    """Strikes the proxies before one broker, too, and the broker."""

    def __init__(self, cluster: Cluster, fleet: Fleet, seed: int) -> None:
        super().__init__(fleet, seed)
        self._cluster = cluster

    @property
    def weapons(self) -> tuple[Weapon, ...]:
        return (*super().weapons, self._cut, self._black_hole, self._broker)

    def door(self, number: int) -> dict[str, str]:
        return through(self._cluster.proxy if number % 2 else self._cluster.other)

    def _proxy(self) -> Proxy:
        return self.dice.choice((self._cluster.proxy, self._cluster.other))

    async def _cut(self) -> None:
        proxy = self._proxy()
        proxy.refuse()
        await asyncio.sleep(SHORT)
        proxy.refuse(False)

    async def _black_hole(self) -> None:
        proxy = self._proxy()
        proxy.freeze()
        await asyncio.sleep(LONG)
        proxy.freeze(False)

    async def _broker(self) -> None:
        self._cluster.broker.pause()
        await asyncio.sleep(2 * SHORT)
        self._cluster.broker.resume()
