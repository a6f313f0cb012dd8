"""The engine's work on small batches of several partitions, in one call."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from worker.engine.records.raw import RawRecords
from worker.stream.partition import Partition, Stepped
from worker.stream.phases import Event
from worker.telemetry.metrics import METRICS

FEW, FEW_BYTES = 256, 1_048_576  # records of a batch, and bytes with them, that are worth to be copied to others
MOST = 1_024  # records of one call: meanwhile no answer of a broker is read


class Fetched(NamedTuple):
    """What a fetch has brought for one partition, and the offset after it."""

    partition: Partition
    raw: RawRecords
    position: int


def groups(fetched: Sequence[Fetched], most: int) -> Iterator[list[Fetched]]:
    """Yield all that was fetched: small batches together, as far as one call may take them, others alone.

    What is larger than `most` records is not one batch.
    """
    small: list[Fetched] = []
    records = 0
    for each in fetched:
        if not 0 < len(each.raw) <= min(FEW, most) or each.raw.data.size > FEW_BYTES:
            yield [each]
            continue
        if small and records + len(each.raw) > MOST:
            yield small
            small, records = [], 0
        small.append(each)
        records += len(each.raw)
    if small:
        yield small


def begun(fetched: Sequence[Fetched], most: int) -> Iterator[tuple[Fetched, Stepped | None]]:
    """Begin all that was fetched, and yield each when its task is to follow at once."""
    for group in groups(fetched, most):
        for each in group:
            each.partition.on(Event.STARTED)
        yield from zip(group, step(group), strict=True)


def step(group: Sequence[Fetched]) -> list[Stepped | None]:
    """Step the engines of a group; None where the batch is to be stepped by itself, as there is no other.

    Where a state can't follow, or the call fails, its results are that exception: the partition's task raises it.
    """
    if len(group) < 2:
        return [None] * len(group)
    begun = time.monotonic()
    found = [_prepared(each) for each in group]
    going = [at for at, each in enumerate(found) if each.results is None and len(each.raw)]
    raws = [found[at].raw for at in going]
    results: list[Any] = []
    if going:
        try:
            results = group[0].partition.job.step([group[at].partition.engine for at in going], raws)
        except Exception as error:
            results = [error] * len(going)
    for at, result in zip(going, results, strict=True):
        found[at] = found[at]._replace(results=result)
        if not isinstance(result, Exception):
            group[at].partition.followed(found[at].raw)
    METRICS.engine_seconds.observe(time.monotonic() - begun)
    return list(found)


def _prepared(each: Fetched) -> Stepped:
    try:
        return Stepped(each.partition.prepared(each.raw), None)
    except Exception as error:
        return Stepped(each.raw, error)
