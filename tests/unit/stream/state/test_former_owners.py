"""At least once nobody fences a former owner: what it still writes to the state topic lies behind what the new owner
has written there.

Readers and all they ask are real; the broker serves partitions that lie in memory, and the engine counts.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.counting import Counted
from tests.support.examples import drawn
from tests.support.world import BATCH, LIMIT, RECORDS, World, undisturbed, world
from worker.kafka.protocol.offsets import Position
from worker.operate.reset import renewed
from worker.stream.state.checkpoint import committed
from worker.stream.state.partition_state import PartitionState
from worker.stream.state.records import BARRIER, symbol_of
from worker.stream.state.snapshots import Taken
from worker.stream.state.topic import StateRecords


def frozen(w: World, state: PartitionState, batches: int = 1) -> tuple[list[Counted], Taken]:
    """What an owner has published, and the state records that it was about to write when it froze."""
    found: list[Counted] = []
    for _ in range(batches):
        raw = state.unseen(w.raw(state.next, state.next + BATCH))
        if len(raw):
            found += state.step(raw)
        state.published(state.next + BATCH)
    w.publish(found)
    return found, state.rest(LIMIT)


def arrive(w: World, taken: Taken) -> None:
    """The records reach the state topic; the commit that follows is refused."""
    w.state.append(*((record.key, record.value, ()) for record in taken.records))


@pytest.mark.parametrize("compacted", [False, True])
async def test_snapshots_of_a_former_owner_do_not_take_the_place_of_newer_ones(compacted: bool) -> None:
    async with world("at_least_once", save_records=5) as w:
        former = await w.opened()
        found = w.work(former, 60)
        published, taken = frozen(w, former)
        assert taken.size
        w.restarted()
        state = await w.opened()
        again = w.work(state, 60)
        assert again[: len(published)] == published, "what is decided again is decided alike"
        arrive(w, taken)
        again += w.work(state, 60)
        if compacted:
            w.state.compact(w.state.end)
        w.restarted()
        assert found + again + w.work(await w.opened(), RECORDS - 180) == undisturbed()


@pytest.mark.parametrize("anew", [False, True])
async def test_snapshots_that_arrive_after_a_reset_are_refused(anew: bool) -> None:
    async with world("at_least_once", save_records=5) as w:
        former = await w.opened()
        before = w.work(former, 60)
        _, taken = frozen(w, former)
        known = committed(w.committed)
        assert known
        checkpoint = renewed(known, StateRecords(), 1, anew)._replace(term=w.state.append((BARRIER, b"now", ())))
        w.state.append(
            *((key, None, ()) for key in {key for _, (key, _, _) in w.state.records() if key and symbol_of(key)})
        )
        w.committed = Position(known.offset, -1, checkpoint.text)
        arrive(w, taken)
        w.restarted()
        after = w.work(await w.opened(), RECORDS - 60)
        skipped = Counter(key for _, key, _ in before) if anew else Counter()
        assert after == [(offset, key, count - skipped[key]) for offset, key, count in undisturbed()[60:]]


async def test_late_snapshots_are_brought_up_to_date_beside_lost_ones_that_begin_anew() -> None:
    async with world("at_least_once", save_records=5, on_loss="forget") as w:
        former = await w.opened()
        w.work(former, 60)
        _, taken = frozen(w, former)
        w.restarted()
        w.work(await w.opened(), 120)
        arrive(w, taken)
        w.state.append((b"S1", b"damaged", ()))
        w.input.delete(110)
        w.restarted()
        right = [each for each in undisturbed()[180:] if each[1] != b"S1"]
        assert [each for each in w.work(await w.opened(), RECORDS - 180) if each[1] != b"S1"] == right


LIVES = st.lists(
    st.tuples(
        st.integers(0, 5),  # batches that an owner commits
        st.integers(0, 3),  # batches that it publishes before it freezes
        st.integers(0, 3),  # owners that come and go before its state records arrive
        st.booleans(),  # whether the broker's cleaner runs then
    ),
    min_size=1,
    max_size=8,
)


@example(
    lives=[(0, 1, 1, False), (2, 0, 0, False), (0, 0, 0, False), (0, 0, 0, False)], save_records=1, save_offsets=10
)
@settings(max_examples=drawn(5, 25), deadline=None, suppress_health_check=list(HealthCheck))
@given(lives=LIVES, save_records=st.integers(1, 12), save_offsets=st.integers(10, 60))
async def test_whatever_former_owners_write_and_whenever_it_arrives(
    lives: list[tuple[int, int, int, bool]], save_records: int, save_offsets: int
) -> None:
    right = {offset: each for each in undisturbed() for offset in each[:1]}
    async with world("at_least_once", save_records=save_records, save_offsets=save_offsets) as w:
        seen: dict[int, Counted] = {}
        arriving: dict[int, list[Taken]] = {}
        for owner, (batches, published, later, compacted) in enumerate([*lives, (2 * RECORDS // BATCH, 0, 0, False)]):
            w.restarted()
            state = await w.opened()
            if state.first:
                w.deliver(state, state.begin(), state.next)
            left = (100 + RECORDS - state.next) // BATCH
            found = w.work(state, BATCH * min(batches // 2, left))
            for late in arriving.pop(owner, []):
                arrive(w, late)
            found += w.work(state, BATCH * min(batches - batches // 2, max(left - batches // 2, 0)))
            more, taken = frozen(w, state, min(published, max(left - batches, 0)))
            for each in found + more:
                assert each == right[each[0]]
                seen[each[0]] = each
            arriving.setdefault(owner + later + 1, []).append(taken)
            if compacted:
                w.state.compact(w.state.end)
        assert seen == right
