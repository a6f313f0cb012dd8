"""One step of the engines of several partitions: few records of each cost little more than those of one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from worker.engine.partition import PartitionEngine
from worker.engine.pipeline import OUTPUT
from worker.engine.records.raw import RawRecords, together
from worker.engine.stages.ingestion import Decoded, rows_of
from worker.engine.steps import Share, go

T = TypeVar("T")
Result = tuple[Decoded, NDArray[Any]]


def step_together(engines: Sequence[PartitionEngine], raws: Sequence[RawRecords]) -> list[Result | Exception]:
    """Step engines of one configuration, each by records of its own; return what `step_raw` of each would.

    An exception is in the place of the results of an engine that can't bring a state back; it is then unusable. The
    output rows are the caller's.
    """
    found: list[Result | Exception | None] = [None] * len(engines)
    for at, (engine, raw) in enumerate(zip(engines, raws, strict=True)):
        if engine.alone or len(engines) == 1:
            found[at] = _alone(engine, raw)
    joint = [at for at, each in enumerate(found) if each is None]
    if joint:
        for at, each in zip(joint, _together([engines[at] for at in joint], [raws[at] for at in joint]), strict=True):
            found[at] = each
    return [each for each in found if each is not None]


def _alone(engine: PartitionEngine, raw: RawRecords) -> Result | Exception:
    try:
        decoded, outs = engine.step_raw(raw)
    except Exception as error:
        return error
    return decoded, outs


def _together(engines: Sequence[PartitionEngine], raws: Sequence[RawRecords]) -> list[Result | Exception]:
    decoded, places = engines[0].decoder.decode_raw(together(raws)), _places(raws)
    shares: dict[int, Share] = {}
    found: dict[int, Result | Exception] = {}
    for at, (engine, raw, place) in enumerate(zip(engines, raws, places, strict=True)):
        try:
            shares[at] = engine.begun(raw, decoded.bars["mask"][place] == 0)
        except Exception as error:
            found[at] = error
    if found:  # the others' rows alone
        kept = [np.arange(places[at].start, places[at].stop) for at in shares]
        decoded = rows_of(decoded, np.concatenate([*kept, np.zeros(0, np.int64)]))
        places = _places([raws[at] for at in shares])
    if shares:
        outs = np.zeros(len(decoded.bars), OUTPUT)
        go(list(shares.values()), decoded.bars, outs, decoded.extras)
        for (at, share), place in zip(shares.items(), places, strict=True):
            engines[at].touched = share.touched
            found[at] = _part(decoded, place), outs[place]
    return [found[at] for at in range(len(engines))]


def _places(raws: Sequence[RawRecords]) -> list[slice]:
    ends = accumulate(map(len, raws))
    return [slice(end - len(raw), end) for end, raw in zip(ends, raws, strict=True)]


def _part(decoded: Decoded, place: slice) -> Decoded:
    symbols, details = _own(decoded.symbols, place), _own(decoded.details, place)
    return Decoded(decoded.bars[place], symbols, decoded.has_ts[place], details, decoded.extras[place])


def _own(values: dict[int, T], place: slice) -> dict[int, T]:
    if not values:
        return {}
    return {row - place.start: value for row, value in values.items() if place.start <= row < place.stop}
