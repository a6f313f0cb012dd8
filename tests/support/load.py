"""Waits for the moment at which a fault hits the middle of the work."""

from __future__ import annotations

from tests.support.fleet import Fleet, until
from tests.support.ticks import Publishing


async def under_load(fleet: Fleet, publishing: Publishing) -> None:
    """Wait for input that nobody has committed yet, after something was committed: now a fault hits the middle."""

    async def holds() -> bool:
        return sum(await fleet.progress.committed()) > 0 and sum(await fleet.progress.lag()) > 20

    await until(holds, 20, "lag under load")
    assert publishing.left > 0, "the input ended before the fault"
