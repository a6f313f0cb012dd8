"""What a publisher's input holds beyond the records that were given to it."""

from __future__ import annotations

from worker.kafka.reader import Consumed
from worker.sources.record import Record


def resent_batches(found: list[Consumed], sent: list[Record]) -> list[int]:
    """Return the sizes of the batches of one partition that lie twice in a row; all else must be what was sent.

    A broker that is stopped may answer "not the leader" to a batch that it has written, and forgets the sequences of
    producers whose records are older than `producer.id.expiration.ms` when it starts: a retry is written again.

    Args:
        found: all records of the partition.
        sent: the records of its keys, in order.
    """
    left = [(record.key, record.value) for record in found]
    wanted = [(record.key, record.value) for record in sent]
    sizes: list[int] = []
    at = taken = 0
    while at < len(left):
        if taken < len(wanted) and left[at] == wanted[taken]:
            at, taken = at + 1, taken + 1
            continue
        size = next((n for n in range(1, taken + 1) if left[at : at + n] == wanted[taken - n : taken]), 0)
        assert size, f"record {at} was not sent, or not here"
        sizes.append(size)
        at += size
    assert taken == len(wanted), f"{len(wanted) - taken} records are missing"
    return sizes
