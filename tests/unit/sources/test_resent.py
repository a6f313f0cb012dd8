"""The count of resent batches itself: what tests with faults believe of an input."""

from __future__ import annotations

import pytest
from aiokafka import ConsumerRecord

from tests.support.resent import resent_batches
from worker.kafka.reader import Consumed
from worker.sources.record import Record

SENT = [Record(b"k", bytes([n]), 0) for n in b"abcbd"]


def found(text: bytes) -> list[Consumed]:
    return [ConsumerRecord("ticks", 0, offset, 0, 0, b"k", bytes([n]), None, 1, 1, ()) for offset, n in enumerate(text)]


@pytest.mark.parametrize(
    ("text", "sizes"), [(b"abcbd", []), (b"ababcbd", [2]), (b"abcbcbd", [2]), (b"abcbdd", [1]), (b"abcabcbdbd", [3, 2])]
)
def test_batches_that_lie_twice_are_counted(text: bytes, sizes: list[int]) -> None:
    assert sum(resent_batches(found(text), SENT)) == sum(sizes)


@pytest.mark.parametrize("text", [b"abcb", b"", b"bacbd", b"abxcbd", b"abcbda", b"acbd"])
def test_anything_else_fails(text: bytes) -> None:
    with pytest.raises(AssertionError):
        resent_batches(found(text), SENT)
