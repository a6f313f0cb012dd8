"""Record sets are decoded as aiokafka decodes them, whatever is in them."""

from __future__ import annotations

import random
import struct

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from tests.support.record_sets import batch, marker, plain, random_records, random_set, resigned
from worker.engine.records.raw import RawRecords
from worker.kafka.records.columns import raw_of
from worker.kafka.records.decode import decode
from worker.kafka.seams.fast import fetching
from worker.wire.plain import packed_headers

TP = TopicPartition("ticks.raw", 3)
COMMITTED, UNCOMMITTED = fetcher.READ_COMMITTED, fetcher.READ_UNCOMMITTED


def own(
    data: bytes, first: int, aborted: list[tuple[int, int]], isolation: int
) -> tuple[list[tuple[object, ...]], int]:
    """What aiokafka itself makes of it."""
    records = fetching._original_records(TP, MemoryRecords(data), aborted, first, None, None, True, isolation)
    found = plain(records)
    return found, records.next_fetch_offset


def shown(raw: RawRecords) -> list[tuple[object, ...]]:
    rows = raw.rows
    return [
        (int(rows["offset"][i]), int(rows["timestamp"][i]), raw.key(i), raw.value(i), raw.headers(i))
        for i in range(len(raw))
    ]


def packed(records: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [(*rest, packed_headers(headers)) for *rest, headers in records]  # type: ignore[arg-type]


@pytest.mark.parametrize("isolation", [COMMITTED, UNCOMMITTED])
def test_random_sets_give_what_aiokafka_gives(isolation: int) -> None:
    seen = 0
    for seed in range(250):
        rng = random.Random(seed)
        data, aborted, end = random_set(rng)
        first = int.from_bytes(data[:8], "big") + rng.choice([0, 0, 3, 40])
        want, position = own(data, first, aborted, isolation)
        # A marker before the position moves aiokafka's back; a broker sends none there, and ours would stay.
        want = [record for record in want if record[0] >= first]  # type: ignore[operator]
        raw, next_offset = decode(data, first, aborted if isolation == COMMITTED else (), True, TP)
        assert shown(raw) == packed(want), seed
        assert next_offset == max(position, first), seed
        assert next_offset == max(end, first), seed
        seen += len(raw)
    assert seen > 5_000


def test_an_incomplete_last_batch_is_left_for_the_next_fetch() -> None:
    whole = batch(random_records(random.Random(1), 5), 10)
    for cut in (1, 11, 40, len(whole) - 1):
        raw, next_offset = decode(whole + batch(random_records(random.Random(1), 5), 15)[:cut], 10, (), True, TP)
        assert (len(raw), next_offset) == (5, 15)


def test_only_markers_still_move_the_position() -> None:
    raw, next_offset = decode(marker(41, 7), 41, (), True, TP)
    assert (len(raw), next_offset) == (0, 42)


def test_old_message_sets_are_read() -> None:
    for magic in (0, 1):
        builder = LegacyRecordBatchBuilder(magic=magic, compression_type=0, batch_size=1 << 20)
        for offset in range(4):
            builder.append(offset, 1_700_000_000_000, b"K", b"value%d" % offset)
        raw, next_offset = decode(bytes(builder.build()), 1, (), True, TP)
        assert [raw.value(i) for i in range(3)] == [b"value1", b"value2", b"value3"]
        assert next_offset == 4


def test_a_wrong_checksum_is_refused() -> None:
    data = bytearray(batch(random_records(random.Random(2), 5)))
    data[-1] ^= 1
    with pytest.raises(CorruptRecordException):
        decode(bytes(data), 0, (), True, TP)


def test_damage_behind_a_right_checksum_never_leaves_the_buffer() -> None:
    rng = random.Random(3)
    refused = 0
    for _ in range(3_000):
        data = bytearray(batch(random_records(rng, 6), 0, rng.choice([0, 0, 0, 3])))
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(21, len(data))] = rng.randrange(256)
        try:
            raw, _ = decode(resigned(data), 0, (), True, TP)
        except Exception as error:  # compressed garbage raises what its library raises
            refused += not isinstance(error, IndexError | MemoryError)
            continue
        ends = raw.rows["value"].astype(int) + raw.rows["value_size"].clip(0)
        assert ends.max(initial=0) <= raw.data.size
    assert refused > 500


def test_a_count_that_can_not_be_is_refused_before_memory_is_taken() -> None:
    data = bytearray(batch([(b"K", b"v", 1, ())]))
    struct.pack_into(">i", data, 57, 2**31 - 1)
    with pytest.raises(CorruptRecordException):
        decode(resigned(data), 0, (), True, TP)


def test_decoded_records_give_the_same_columns() -> None:
    data, _, _ = random_set(random.Random(5))
    first = int.from_bytes(data[:8], "big")
    records = list(fetching._original_records(TP, MemoryRecords(data), [], first, None, None, True, UNCOMMITTED))
    assert shown(raw_of(records)) == shown(decode(data, first, (), True, TP)[0])
    assert len(raw_of([])) == 0
