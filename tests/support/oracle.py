"""The oracle of every test with faults: the input whole, all of it committed, the outputs the right bytes."""

from __future__ import annotations

import asyncio

from tests.support.fleet import Fleet, NotInTime, until
from tests.support.outputs import Outputs, assert_equal, count, expected, published, read_input, without_repeats
from tests.support.ticks import Publishing
from tests.support.transactions import open_transactions
from worker.operate.verify import check_group

LAG = 8  # records; less could be gone before the fault hits
PATIENCE = 90.0  # seconds for what takes a few: a shared machine may be slow, and a limit costs nothing
CHANCE = 3.0  # seconds in which workers may fall behind by themselves


async def under_load(fleet: Fleet, publishing: Publishing) -> None:
    """Wait for input that nobody has committed yet, after something was committed: now a fault hits the middle."""

    async def begun() -> bool:
        return sum(await fleet.progress.committed()) > 0

    async def holds() -> bool:
        assert publishing.left > 0, "the input ended before the fault"
        return sum(await fleet.progress.behind()) > LAG

    await until(begun, PATIENCE, "a commit")
    try:
        await until(holds, CHANCE, "lag under load")
    except NotInTime:  # they keep up with this rate: they stand still, anywhere in their work, until they lag
        with fleet.held():
            await until(holds, PATIENCE, "lag under load")


async def behind(fleet: Fleet, records: int = 1, seconds: float = PATIENCE) -> None:
    """Wait for lag: a fault that nobody was behind at its end proves nothing."""

    async def holds() -> bool:
        return sum(await fleet.progress.behind()) >= records

    await until(holds, seconds, "lag when the faults end")


async def no_open_transaction(fleet: Fleet, seconds: float = 20.0) -> None:
    """Wait until the group's transactions are finished; their markers are written after the commit is answered."""
    kafka, group = fleet.settings.kafka, fleet.settings.processing.group

    async def holds() -> bool:
        return not await asyncio.to_thread(open_transactions, kafka.bootstrap_servers, f"{group}-")

    await until(holds, seconds, "all transactions finished")


async def whole(fleet: Fleet, records: int, seconds: float = 2 * PATIENCE) -> Outputs:
    """What was published, after the fleet ended in peace, all input committed, and `verify` found nothing."""
    await fleet.caught_up(seconds)
    await fleet.stop(PATIENCE)
    assert await fleet.progress.committed() == await fleet.progress.ends()
    await no_open_transaction(fleet)
    there = sum(map(len, read_input(fleet.settings)))
    assert there == records, f"the input has {there} records, the publisher has counted {records}"
    report = await check_group(fleet.settings)
    assert report.complete, report
    return published(fleet.settings)


async def proven(fleet: Fleet, records: int, seconds: float = 2 * PATIENCE) -> Outputs:
    """`whole`, and the outputs are byte for byte those of this process's engine over the same input."""
    found = await whole(fleet, records, seconds)
    assert_equal(found, expected(fleet.settings, read_input(fleet.settings)))
    return found


async def right(fleet: Fleet, records: int, seconds: float = 3 * PATIENCE) -> int:
    """`proven` at the fleet's guarantee: exactly once the very bytes, at least once the same when repeats are left out.

    Returns the number of repeats.
    """
    if fleet.settings.processing.guarantee == "exactly_once":
        await proven(fleet, records, seconds)
        return 0
    found = await whole(fleet, records, seconds)
    assert_equal(without_repeats(found), expected(fleet.settings, read_input(fleet.settings)))
    return count(found) - records
