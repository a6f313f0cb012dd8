"""The tests' own lag: the broker is asked twice, and the group goes on between the two answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.outputs import Progress
from tests.support.ticks import group_settings


@pytest.fixture
def moving() -> Iterator[Progress]:
    """Two partitions; in each, 10 records more are there at every look, and all that is there is committed."""
    progress = Progress(group_settings("127.0.0.1:1", "lag", partitions=2))
    end = 100

    def look() -> list[int]:
        nonlocal end
        end += 10
        return [end, end]

    progress._committed = look  # type: ignore[method-assign]
    progress._ends = look  # type: ignore[method-assign]
    yield progress
    progress.close()


async def test_lag_is_none_only_where_there_is_none(moving: Progress) -> None:
    assert min(await moving.lag()) > 0


async def test_one_is_behind_only_where_it_is_sure(moving: Progress) -> None:
    assert await moving.behind() == [0, 0]


async def test_commits_of_one_partition_hide_no_other(moving: Progress) -> None:
    """The sum was -8 once, with a dead worker's partition among four."""
    moving._committed = lambda: [0, 10_000]  # type: ignore[method-assign]
    assert sum(await moving.behind()) > 0
