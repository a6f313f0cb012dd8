"""Days are sorted in bounded memory: the same rows in order, whatever comes between, and a full disk is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable as Table
from deltalake.exceptions import CommitFailedError

from tests.unit.archive.test_rows import KINDS, changed, raw
from tests.unit.archive.test_upkeep import FIRST, KIND, NEXT, days_of, filled, nothing, offsets, rows, store, upkeep
from worker.archive.rows.encoding import Encoder
from worker.archive.sink import Conflict
from worker.archive.turn import Turns
from worker.archive.upkeep import rewriting, works
from worker.archive.upkeep.sorting.external import Room, in_order
from worker.archive.upkeep.sorting.spill import NoRoom
from worker.export.delta import Store

__all__ = ["store"]
ROOM = Room("", Turns())
SMALL = ROOM._replace(most=20_000)  # bytes: some hundred rows
SCHEMA = KINDS["rejections"].schema.remove(0)
LAST = date(2023, 11, 17)


class Given:
    """Rows as a source, which may say that it is smaller than it is."""

    def __init__(self, batches: list[Any], says: int | None = None) -> None:
        self._batches = batches
        self.rows = sum(map(len, batches))
        self.bytes = sum(batch.nbytes for batch in batches) if says is None else says

    def batches(self, columns: list[str] | None = None) -> Iterator[Any]:
        for batch in self._batches:
            yield batch if columns is None else batch.select(columns)


def made(count: int, symbols: int) -> list[Any]:
    """Rows in no order, some without a symbol and some without a time, in batches."""
    dice = np.random.default_rng(3)
    names = [None if at % 50 == 7 else f"S'\U0001f600{dice.integers(symbols)}" for at in range(count)]
    times = [None if at % 60 == 9 else int(dice.integers(10**12)) for at in range(count)]
    values = [changed(symbol=name, ts=ts) for name, ts in zip(names, times, strict=True)]
    rows = Encoder(KIND).encode(2, raw(*values)).rows.drop_columns(["date"])
    return [rows.slice(at, 97) for at in range(0, count, 97)]


def wanted(batches: list[Any]) -> Any:
    keys = [(name, "ascending") for name in ("symbol", "ts", "partition", "offset")]
    return pa.Table.from_batches(batches).sort_by(keys).combine_chunks()


@pytest.mark.parametrize(("symbols", "says"), [(40, None), (1, None), (40, 1)])
def test_parts_are_the_whole_in_order(tmp_path: Path, symbols: int, says: int | None) -> None:
    batches = made(3_000, symbols)
    parts = list(in_order(Given(batches, says), SCHEMA, SMALL._replace(folder=str(tmp_path))))
    assert len(parts) > 3
    assert max(part.nbytes for part in parts) < 4 * SMALL.most
    assert pa.concat_tables(parts).combine_chunks().equals(wanted(batches))
    assert not list(tmp_path.iterdir())


def test_rows_of_one_key_end_somewhere() -> None:
    """No table holds such rows; a broken one must not be divided for ever."""
    same = pa.concat_batches([made(1, 1)[0]] * 2_000)
    assert [len(part) for part in in_order(Given([same]), SCHEMA, SMALL)] == [2_000]


def test_a_day_of_many_parts_is_the_same_day(store: Store) -> None:
    member = filled(store)
    for at in range(3):
        member.append(rows(12 + at * 900, 900), nothing(), {0: 12 + at * 900}, {0: 12 + (at + 1) * 900})
    before = wanted(Table(store.table(KIND.name)).to_pyarrow_table().to_batches())
    assert works.Upkeep(store, KIND.name, 30_000).sort(NEXT, SMALL) == {"days": 1}
    handle = Table(store.table(KIND.name))
    assert wanted(handle.to_pyarrow_table().to_batches()).equals(before)
    assert [(day.rows, day.sorted) for day in days_of(store)] == [(2_707, True), (5, False)]
    actions = sorted(
        (row for row in pa.table(handle.get_add_actions(flatten=True)).to_pylist() if row["partition.date"] == FIRST),
        key=lambda row: row["path"],
    )
    assert len(actions) > 1
    assert all(row["num_records"] and row["null_count.symbol"] == 0 for row in actions)
    bounds = [(row["min.symbol"], row["max.symbol"]) for row in actions]
    assert bounds == sorted(bounds)
    assert all(one[1] <= other[0] for one, other in pairwise(bounds))
    one = handle.to_pyarrow_dataset()
    assert one.filter(pa.compute.field("symbol") == "S1").count_rows() == before["symbol"].to_pylist().count("S1")
    assert upkeep(store).compact(ROOM)["added"] == 0
    assert upkeep(store).sort(NEXT, ROOM) == {"days": 0}


def at_the_commit(monkeypatch: pytest.MonkeyPatch, do: Any) -> None:
    """Let something happen once between the new files and their commit."""
    todo = [do]
    monkeypatch.setattr(rewriting, "failpoint", lambda name: todo and todo.pop()())


def test_appends_come_between(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of other days, and of the same one: that is sorted again."""
    member = filled(store)

    def append(first: int, count: int, days: int) -> None:
        member.append(rows(first, count, days), nothing(), {0: first}, {0: first + count})

    at_the_commit(monkeypatch, lambda: append(12, 2, 1))
    assert upkeep(store).sort(NEXT, ROOM) == {"days": 1}
    assert [(day.rows, day.sorted) for day in days_of(store)] == [(7, True), (7, False)]
    at_the_commit(monkeypatch, lambda: append(14, 3, 1))
    assert upkeep(store).sort(LAST, ROOM) == {"days": 1}
    assert [(day.rows, day.sorted) for day in days_of(store)] == [(7, True), (10, False)]
    assert upkeep(store).sort(LAST, ROOM) == {"days": 1}
    assert [(day.rows, day.sorted) for day in days_of(store)] == [(7, True), (10, True)]
    assert offsets(store) == list(range(17))
    member.append(rows(17, 1), nothing(), {0: 17}, {0: 18})


WORKS: dict[str, Any] = {
    "compaction": lambda store: upkeep(store).compact(ROOM),
    "sorting": lambda store: upkeep(store).sort(NEXT, ROOM),
    "retention": lambda store: upkeep(store).retain(5, datetime(2023, 11, 20, tzinfo=UTC)),
    "another program's": lambda store: Table(store.table(KIND.name)).optimize.compact(),
}


@pytest.mark.parametrize("other", WORKS)
@pytest.mark.parametrize("mine", ["compaction", "sorting"])
def test_files_that_others_replaced_refuse_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, mine: str, other: str
) -> None:
    """Else each row would be there twice: deltalake's own check lets it through."""
    filled(store)
    at_the_commit(monkeypatch, lambda: WORKS[other](store))
    with pytest.raises(Conflict, match="replaced"):
        WORKS[mine](store)
    assert offsets(store) == list(range(7 if other == "retention" else 0, 12))
    WORKS[mine](store)
    assert offsets(store) == list(range(7 if other == "retention" else 0, 12))


@pytest.mark.parametrize("winner", ["compaction", "sorting"])
def test_retention_from_an_earlier_version_is_refused(store: Store, winner: str) -> None:
    filled(store)
    former = Table(store.table(KIND.name))
    WORKS[winner](store)
    with pytest.raises(CommitFailedError):
        former.delete(f"date < '{NEXT}'")
    assert offsets(store) == list(range(12))


def test_a_disk_without_room_is_told(store: Store, tmp_path: Path) -> None:
    filled(store).append(rows(12, 900), nothing(), {0: 12}, {0: 912})
    with pytest.raises(NoRoom, match="nowhere"):
        upkeep(store).sort(NEXT, Room(str(tmp_path / "nowhere"), Turns(), most=1_000))
    assert not any(day.sorted for day in days_of(store))


def test_turns_come_one_after_the_other_and_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.archive.turn.PATIENCE", 0.01)
    turns, entered, leave = Turns(), threading.Event(), threading.Event()

    def hang() -> None:
        with turns.taken():
            entered.set()
            leave.wait()

    hanging = threading.Thread(target=hang)
    hanging.start()
    entered.wait()
    with turns.taken():  # goes on beside the one that hangs, and takes nothing from it
        pass
    assert turns._lock.locked()
    leave.set()
    hanging.join()
    with turns.taken():
        assert turns._lock.locked()
    assert not turns._lock.locked()
