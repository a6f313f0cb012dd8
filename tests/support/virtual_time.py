"""An event loop whose time passes only when everything waits for it: minutes of waiting take no time, and the order of
events is the same each time."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec

from worker.stream import litter

MOST_TURNS = 20_000  # of a loop; code that never waits would go on for ever
SEED = 1
P = ParamSpec("P")


class _NoWait(selectors.DefaultSelector):
    """Tells how long it was asked to wait instead of waiting."""

    def __init__(self, waited: Callable[[float | None], None]) -> None:
        super().__init__()
        self._waited = waited

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._waited(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time is `now`, in seconds. With `flows` = False it stands still until it is set."""

    def __init__(self, flows: bool = True) -> None:
        self.now, self.flows, self._turns = 1_000.0, flows, 0
        self.given_up = ""  # why, if it was
        super().__init__(_NoWait(self._wait))
        litter._waiting.add(self)  # tests leave little behind, and the collector would look again and again

    def time(self) -> float:
        """Seconds."""
        return self.now

    def monotonic(self) -> float:
        """The same: the loop is the clock of what runs in it."""
        return self.now

    def turn(self, count: int = 1) -> None:
        """Run what is ready, so many times."""
        for _ in range(count):
            self.call_soon(self.stop)
            self.run_forever()

    def settle(self) -> None:
        """Run until everything waits."""
        self.turn()
        while self._ready:  # type: ignore[attr-defined]
            self.turn()

    def close(self) -> None:
        """Free what it has."""
        litter._waiting.discard(self)
        super().close()

    def _wait(self, seconds: float | None) -> None:
        self._turns += 1
        if self._turns > MOST_TURNS:
            self._give_up("something goes on for ever")
        elif seconds is None:
            self._give_up("everything waits, and for nothing that will ever come")
        elif self.flows:
            self.now += seconds

    def _give_up(self, why: str) -> None:
        self.given_up, self._turns = why, 0
        for task in asyncio.all_tasks(self):
            task.cancel()


def clock() -> VirtualLoop:
    """The loop that runs this, as a clock."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


def clock_of(runner: asyncio.Runner) -> VirtualLoop:
    """A runner's loop, as a clock."""
    loop = runner.get_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that runs in a `VirtualLoop`; what draws numbers, as pauses do, draws the same ones each time."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        drawn = random.getstate()
        random.seed(SEED)
        try:
            with asyncio.Runner(loop_factory=VirtualLoop) as runner:
                _run(runner, test(*args, **kwargs))
        finally:
            random.setstate(drawn)

    return run


def _run(runner: asyncio.Runner, test: Coroutine[Any, Any, None]) -> None:
    try:
        runner.run(test)
    except asyncio.CancelledError:
        raise AssertionError(clock_of(runner).given_up) from None
    assert not clock_of(runner).given_up, clock_of(runner).given_up
