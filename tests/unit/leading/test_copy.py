"""What a copy of the state takes from its topic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from aiokafka import ConsumerRecord

from worker.kafka.reader import Consumed, Reader
from worker.leading.copy import StateCopy
from worker.leading.parts import DAMAGED
from worker.leading.records import CHECKSUM, checksum


class Log:
    """A reader of a topic that is a list."""

    def __init__(self, records: list[Consumed]) -> None:
        self._records = records

    async def batches(self, _: Any, start: int, stop: int) -> AsyncIterator[list[Consumed]]:
        yield self._records[start:stop]


def record(offset: int, key: str, value: bytes | None, of: bytes | None = None, named: str | None = None) -> Any:
    name = key.encode()
    told = checksum((named or key).encode(), value or b"" if of is None else of)
    return ConsumerRecord("risk.state", 0, offset, 0, 0, name, value, None, -1, -1, ((CHECKSUM, told),))


async def copied(*records: Consumed) -> dict[str, bytes]:
    copy = StateCopy("risk.state")
    await copy.catch_up(cast("Reader", Log(list(records))), len(records))
    return copy.records


async def test_the_newest_record_of_each_key_counts() -> None:
    found = await copied(record(0, "head", b"1"), record(1, "ret-0", b"2"), record(2, "head", b"3"))
    assert found == {"head": b"3", "ret-0": b"2"}
    assert await copied(record(0, "head", b"1"), record(1, "head", None)) == {}


async def test_a_record_of_another_checksum_is_damaged() -> None:
    assert await copied(record(0, "head", b"1"), record(1, "head", b"3", of=b"2")) == {"head": DAMAGED}
    assert await copied(record(0, "ret-1", b"1", named="ret-2")) == {"ret-1": DAMAGED}
    bare: Any = ConsumerRecord("risk.state", 0, 0, 0, 0, b"head", b"1", None, -1, -1, ())
    assert await copied(bare) == {"head": DAMAGED}
