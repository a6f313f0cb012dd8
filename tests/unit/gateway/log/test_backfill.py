"""Symbols that were silent for long are found behind what is in memory."""

from __future__ import annotations

import pytest

from tests.support.made_logs import MadeLogs
from worker.gateway.log import backfill
from worker.gateway.log.entry import Entry


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "BLOCK", 50)
    monkeypatch.setattr(backfill, "REST", 0)


def made() -> MadeLogs:
    """Three symbols a partition; two of each spoke long ago, and one goes on."""
    found = MadeLogs()
    partitions = [
        [
            Entry(p, at + 3, at, f"OLD{p}{at // 100}".encode() if at < 200 else f"NEW{p}".encode(), b'{"n":%d}' % at)
            for at in range(0, 400, 3)
        ]
        for p in range(2)
    ]
    found.fill(found.settings.topics.output, partitions, [300, 350])
    return found


async def test_each_symbol_is_known_by_its_newest_record() -> None:
    gateway = made().gateway
    assert sorted(gateway.newest.symbols()) == ["NEW0", "NEW1"]
    before = gateway.newest.of("NEW0")
    assert await gateway.backfill.look(list(gateway.logs.topic_of_decisions.hot))
    assert sorted(gateway.newest.symbols()) == ["NEW0", "NEW1", "OLD00", "OLD01", "OLD10", "OLD11"]
    assert gateway.newest.of("NEW0") == before
    found = gateway.newest.of("OLD10")
    assert found is not None
    assert found.value == b'{"n":99}'
    assert gateway.newest.places("OLD10")(1) == [], "it has no record in memory"


async def test_it_ends_where_it_has_read_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "MOST", 100)
    gateway = made().gateway
    assert not await gateway.backfill.look(list(gateway.logs.topic_of_decisions.hot))


async def test_a_topic_that_is_recreated_ends_it() -> None:
    found = made()
    log = found.gateway.logs.topic_of_decisions
    before = found.older.read

    async def read(*given: object) -> object:
        log.begin(9, [0], [0])
        return await before(*given)  # type: ignore[arg-type]

    found.older.read = read  # type: ignore[method-assign, assignment]
    assert not await found.gateway.backfill.look([300, 350])
    assert found.gateway.newest.symbols() == []
