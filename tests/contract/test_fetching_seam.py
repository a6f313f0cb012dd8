"""aiokafka's fetcher uses record sets and their iterators as `worker.kafka.seams.fast.fetching` expects."""

from __future__ import annotations

import inspect
import random
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords

from schemas.state import StateOwner
from tests.support.counting import CountingEngine
from tests.support.record_sets import MARKER_COMMIT, batch, marker, plain, random_records
from worker.engine.records.raw import RawRecords
from worker.kafka.seams import pacing, pinned
from worker.kafka.seams.fast import fetching
from worker.stream.state.dirty import DirtySymbols, Limits
from worker.stream.state.partition_state import PartitionState
from worker.stream.state.snapshots import SnapshotWriter

TP = TopicPartition("ticks.raw", 0)


@pytest.fixture
def untouched() -> Iterator[Any]:
    """The fetcher module, put back afterwards."""
    module: Any = fetcher
    before = module.MemoryRecords, module.PartitionRecords
    yield module
    module.MemoryRecords, module.PartitionRecords = before


def test_the_fetcher_makes_record_sets_by_the_two_names_that_are_replaced() -> None:
    source = inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert source.count("MemoryRecords(") == 1
    assert "records = MemoryRecords(part_data[-1])" in source
    assert source.count("PartitionRecords(") == 1
    uses = {
        word for word in ("records.has_next()", "records.size_in_bytes()", "records.next_batch()") if word in source
    }
    assert uses == {"records.has_next()", "records.size_in_bytes()"}


def test_the_iterator_is_made_with_the_arguments_that_we_take() -> None:
    own = list(inspect.signature(fetching._original_records.__init__).parameters)[1:]
    assert own == list(inspect.signature(fetching.partition_records).parameters)


def test_the_fetcher_only_iterates_and_asks_for_the_position() -> None:
    source = inspect.getsource(fetcher.FetchResult)
    names = {part.split("(")[0].split()[0].strip("),:") for part in source.split("_partition_records.")[1:]}
    assert {name.split("!")[0].rstrip("}") for name in names} == {"next_fetch_offset"}


def test_both_kinds_of_consumer_get_what_they_asked_for(untouched: Any) -> None:
    assert fetching.install()
    data = batch(random_records(random.Random(1), 20), 100)
    given = (TP, untouched.MemoryRecords(data), None, 103)
    rest = (None, True, fetcher.READ_COMMITTED)
    decoded = untouched.PartitionRecords(*given, None, *rest)
    undecoded = untouched.PartitionRecords(*given, fetching.UNDECODED, *rest)
    (raw,) = list(undecoded)
    assert isinstance(raw, RawRecords)
    records = plain(decoded)
    assert [record[0] for record in records] == raw.rows["offset"].tolist() == list(range(103, 120))
    assert undecoded.next_fetch_offset == decoded.next_fetch_offset == 120


def test_records_that_wait_hold_other_fetches_back_by_this_value_alone() -> None:
    assert "self._prefetch_backoff = prefetch_backoff" in inspect.getsource(pacing._init)
    assert inspect.getsource(fetcher.Fetcher).count("backoff=self._prefetch_backoff") == 2
    actions = inspect.getsource(pacing._actions)  # the library's own, whoever has put ours in its place
    assert "backoff = record.calculate_backoff()\n                if backoff:" in actions
    tp: Any = TP
    assert fetcher.FetchResult(tp, assignment=None, partition_records=None, backoff=0.0).calculate_backoff() == 0
    assert "self._fetcher = Fetcher(" in inspect.getsource(AIOKafkaConsumer.start)


@pytest.mark.parametrize("size", [0, 11, 12, 40, 10_000])
def test_a_record_set_knows_whether_it_holds_a_batch(size: int) -> None:
    data = batch(random_records(random.Random(1), 20))[:size]
    assert fetching.RecordSet(data).has_next() == MemoryRecords(data).has_next()
    assert fetching.RecordSet(data).size_in_bytes() == MemoryRecords(data).size_in_bytes()


def test_another_version_is_left_alone(untouched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "version", lambda _: "0.15.0")
    untouched.MemoryRecords = MemoryRecords
    assert fetching.decoding(True) == {}
    assert untouched.MemoryRecords is MemoryRecords


def test_the_slow_path_asks_for_nothing_special() -> None:
    assert fetching.decoding(False) == {}


def test_markers_alone_tell_who_wrote_them(untouched: Any) -> None:
    """The position passes them: with the epoch of the record before, the offset would look like one of lost records."""
    assert fetching.install()
    data = bytearray(marker(140, 7, MARKER_COMMIT))
    data[12:16] = (6).to_bytes(4, "big")  # the leader's epoch, which no checksum covers
    records = untouched.MemoryRecords(bytes(data))
    (raw,) = untouched.PartitionRecords(TP, records, None, 140, fetching.UNDECODED, None, True, fetcher.READ_COMMITTED)
    assert (len(raw), raw.epoch) == (0, 6)
    state = PartitionState(*_nothing(), 140, {})
    state.epoch = 5
    state.fetched(raw)
    assert state.epoch == 6


def _nothing() -> tuple[Any, Any, Any, int]:
    engine, dirty = CountingEngine(), DirtySymbols(Limits(1, 1))
    owner = StateOwner(1, "g", TP.topic, 0, 1, "1", "cafe")
    return engine, dirty, SnapshotWriter("s", owner, engine, dirty, set()), 0
