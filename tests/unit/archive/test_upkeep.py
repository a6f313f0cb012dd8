"""Upkeep changes files and days, never what a member knows of the table; earlier versions can be read until vacuum."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable as Table

from tests.unit.archive.test_rows import KINDS, changed, raw
from worker.archive.delta.sink import DeltaSink
from worker.archive.delta.table import DeltaTable
from worker.archive.rows.encoding import Encoder
from worker.archive.sink import Conflict, Identity
from worker.archive.turn import Turns
from worker.archive.upkeep.sorting.external import Room
from worker.archive.upkeep.works import Day, Upkeep
from worker.errors import ConfigError
from worker.export.delta import Store, store_of
from worker.settings.archive import ArchiveSettings

KIND = KINDS["rejections"]
IDENTITY = Identity("cluster", "topic", "name")
DAY_MS = 86_400_000
FIRST, NEXT = date(2023, 11, 14), date(2023, 11, 15)  # of the rows; records of rejections lie on the day they came
FILE_BYTES = 134_217_728
ROOM = Room("", Turns())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_of(ArchiveSettings(url=str(tmp_path / "lake")))


def rows(first: int, count: int, days: int = 0) -> Any:
    """Rows of partition 0 from an offset on, some days after the first one."""
    found = raw(*(changed(symbol=f"S{at % 3}") for at in range(count)), first=first)
    found.rows["timestamp"] += days * DAY_MS
    return pa.Table.from_batches([Encoder(KIND).encode(0, found).rows])


def nothing() -> Any:
    return Encoder(KIND).encode(0, raw()).unreadable


def filled(store: Store) -> DeltaSink:
    """A member's sink after three commits: two of the first day, one of the next."""
    sink, at = DeltaSink(store, KIND, IDENTITY), None
    sink.load([0])
    for first, count, days in ((0, 4, 0), (4, 3, 0), (7, 5, 1)):
        sink.append(rows(first, count, days), nothing(), {0: at}, {0: first + count})
        at = first + count
    return sink


def offsets(store: Store, version: int | None = None) -> list[int]:
    found: Sequence[int] = Table(store.table(KIND.name), version=version).to_pyarrow_table()["offset"].to_pylist()
    return sorted(found)


def upkeep(store: Store) -> Upkeep:
    return Upkeep(store, KIND.name, FILE_BYTES)


def days_of(store: Store) -> list[Day]:
    found = upkeep(store).days()
    assert found is not None
    return found


def test_a_member_goes_on_beside_upkeep_and_a_former_one_does_not(store: Store) -> None:
    member, former = filled(store), DeltaSink(store, KIND, IDENTITY)
    former.load([0])
    assert upkeep(store).compact(ROOM) == {"days": 1, "removed": 2, "added": 1}
    assert upkeep(store).sort(NEXT, ROOM) == {"days": 1}
    assert upkeep(store).sort(NEXT, ROOM) == {"days": 0}
    assert [(day.date, day.files, day.rows, day.sorted) for day in days_of(store)] == [
        (str(FIRST), 1, 7, True),
        (str(NEXT), 1, 5, False),
    ]
    member.append(rows(12, 2, 1), nothing(), {0: 12}, {0: 14})
    with pytest.raises(Conflict):
        former.append(rows(12, 2, 1), nothing(), {0: 12}, {0: 14})
    assert offsets(store) == list(range(14))
    assert former.load([0]) == {0: 14}


def test_retention_drops_days_and_keeps_positions_and_earlier_versions(store: Store) -> None:
    member = filled(store)
    before = Table(store.table(KIND.name)).version()
    now = datetime(2023, 11, 20, tzinfo=UTC)
    assert upkeep(store).retain(6, now) == {"rows": 0}
    assert upkeep(store).retain(5, now) == {"rows": 7}
    assert offsets(store) == list(range(7, 12))
    assert offsets(store, before) == list(range(12))
    assert DeltaSink(store, KIND, IDENTITY).load([0]) == {0: 12}
    with pytest.raises(Conflict):  # the member loads the table again, as after any refusal
        member.append(rows(12, 1, 1), nothing(), {0: 12}, {0: 13})
    assert member.load([0]) == {0: 12}
    member.append(rows(12, 1, 1), nothing(), {0: 12}, {0: 13})
    assert offsets(store) == list(range(7, 13))


def test_vacuum_deletes_only_what_no_version_within_its_days_needs(store: Store) -> None:
    filled(store)
    before = Table(store.table(KIND.name)).version()
    upkeep(store).compact(ROOM)
    assert upkeep(store).vacuum(7) == {"files": 0}
    assert offsets(store, before) == list(range(12))
    assert upkeep(store).vacuum(0) == {"files": 2}
    assert offsets(store) == list(range(12))
    with pytest.raises((OSError, pa.ArrowException)):
        offsets(store, before)
    assert DeltaSink(store, KIND, IDENTITY).load([0]) == {0: 12}
    assert Upkeep(store, KIND.companion, FILE_BYTES).vacuum(0) == {"files": 0}  # there is no such table


def made(store: Store, schema: Any) -> DeltaTable:
    """The table with the columns of another release or program."""
    table = DeltaTable(store, KIND.name, KIND.topic, schema, IDENTITY)
    table.load([0])
    table.create()
    table.load([0])
    return table


def test_columns_are_added(store: Store) -> None:
    earlier = pa.schema([field for field in KIND.schema if field.name != "codes"])
    made(store, earlier).append(rows(0, 2).drop_columns(["codes"]), {0: None}, {0: 2})
    sink = DeltaSink(store, KIND, IDENTITY)
    assert sink.load([0]) == {0: 2}
    sink.append(rows(2, 2), nothing(), {0: 2}, {0: 4})
    found = Table(store.table(KIND.name)).to_pyarrow_table().sort_by("offset")
    assert found["codes"].to_pylist() == [None, None, ["late"], ["late"]]


def test_no_column_changes_its_type(store: Store) -> None:
    at = KIND.schema.get_field_index("codes")
    made(store, KIND.schema.set(at, pa.field("codes", pa.int64())))
    with pytest.raises(ConfigError, match="columns of other types: codes is Prim") as refused:
        DeltaSink(store, KIND, IDENTITY).load([0])
    assert refused.value.exit_code == 78
    assert "another archive.url" in refused.value.fix


def test_checkpoints_keep_positions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.archive.delta.table.CHECKPOINT", 4)
    sink = DeltaSink(store, KIND, IDENTITY)
    sink.load([0, 1])
    for at in range(9):
        sink.append(rows(at, 1), nothing(), {0: at or None, 1: 0 if at else None}, {0: at + 1, 1: 0})
    log = Path(store.table(KIND.name)) / "_delta_log"
    assert len(list(log.glob("*.checkpoint.parquet"))) == 2
    for entry in sorted(log.glob("*.json"))[:8]:
        entry.unlink()  # what the checkpoint holds must be enough
    assert DeltaSink(store, KIND, IDENTITY).load([0, 1]) == {0: 9, 1: 0}
    assert offsets(store) == list(range(9))
