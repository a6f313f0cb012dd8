"""Times are found in topics that are published as they happen, and in histories that were published later."""

from __future__ import annotations

import pytest

from tests.support.made_logs import NOW, MadeLogs
from worker.gateway.log.entry import Entry
from worker.gateway.reading.times import LATE, NEAR, bounds

RECORDS, STEP, START = 50_000, 600_000, 1_000_000_000_000  # a record each ten minutes, for a year


def made_with(marker: int) -> MadeLogs:
    """A history, and the offset of the first marker that tells of the present."""
    made = MadeLogs()
    entries = [Entry(0, at * 2, START + at * STEP, b"A", b"{}") for at in range(RECORDS)]
    made.fill(made.settings.topics.output, [entries], [2 * RECORDS - 100])
    made.older.marker = marker
    return made


@pytest.mark.parametrize("marker", [1, 2 * RECORDS], ids=["published later", "as it happens"])
async def test_the_range_holds_all_of_the_time_and_little_more(marker: int) -> None:
    made = made_with(marker)
    log = made.log(made.settings.topics.output)
    day = LATE // STEP * 2  # offsets
    for first, last in ((0, 10), (20_000, 30_000), (RECORDS - 10, RECORDS)):
        since, until = START + first * STEP, START + last * STEP
        [begin], [end] = await bounds(log, made.older, since, until)
        assert begin <= 2 * first
        assert end >= min(2 * last, log.ends[0])
        assert 2 * first - begin <= day + NEAR
        assert end - 2 * last <= 2 * day + NEAR
    assert made.older.reads < 100


async def test_a_time_after_all_records_has_none() -> None:
    made = made_with(2 * RECORDS)
    log = made.log(made.settings.topics.output)
    assert await bounds(log, made.older, NOW + 1, None) == (log.ends, log.ends)


async def test_what_is_in_memory_alone_is_not_looked_for() -> None:
    made = MadeLogs()
    made.decide(b"{}", b"{}")
    log = made.log(made.settings.topics.output)
    assert await bounds(log, made.older, 5, 6) == ([0], [2])
    assert not made.older.reads
