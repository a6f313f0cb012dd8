"""The compiled scanner against the exact decoder, and its numbers against Python's."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.fuzzed_numbers import number
from worker.engine.bar import BAR
from worker.engine.elementary.words import address_of
from worker.engine.kernel import kernel
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.stages.ingestion import Decoded, Decoder, Settings
from worker.engine.stages.ingestion.numerals import REACH, read_number

OWN = {"OWN": 300_000, "BTCUSDT": 900_000}  # bar lengths of symbols that have one of their own


class Watched(Decoder):
    """A decoder that counts the records which it reads exactly."""

    def __init__(self, own: dict[str, int] | None = None) -> None:
        super().__init__(Settings(), OWN if own is None else own)
        self.exact = 0

    def _decode_rows(self, raw: RawRecords, rows: NDArray[np.int64], decoded: Decoded) -> None:
        self.exact += rows.size
        super()._decode_rows(raw, rows, decoded)

    def exactly(self, raw: RawRecords) -> Decoded:
        """All records by the exact path alone."""
        decoded = Decoded(np.zeros(len(raw), BAR), {}, np.ones(len(raw), np.bool_), {})
        super()._decode_rows(raw, np.arange(len(raw)), decoded)
        return decoded


class Tally(NamedTuple):
    """How many were compared, which of them differ, and how many compiled code read."""

    compared: int
    differing: list[tuple[Any, ...]]
    fast: int

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.compared + other.compared, self.differing + other.differing, self.fast + other.fast)


def compared(records: Records, own: dict[str, int] | None = None) -> Tally:
    """Both paths over the same records, bit by bit."""
    decoder, raw = Watched(own), raw_records(records)
    found, wanted = decoder.decode_raw(raw), decoder.exactly(raw)
    same = (found.bars.view(np.uint8) == wanted.bars.view(np.uint8)).reshape(len(raw), BAR.itemsize).all(axis=1)
    same &= found.has_ts == wanted.has_ts
    for one, other in ((found.symbols, wanted.symbols), (found.details, wanted.details)):
        if one != other:
            for row in range(len(raw)):
                same[row] &= one.get(row) == other.get(row)
    rows = np.flatnonzero(~same).tolist()
    differing = [(raw.key(r), raw.value(r), found.bars[r].item(), wanted.bars[r].item()) for r in rows]
    return Tally(len(raw), differing, len(raw) - decoder.exact)


@kernel
def _read_all(data: Any, starts: Any, values: Any, read: Any) -> None:
    for i in range(starts.size):
        after, values[i] = read_number(address_of(data) + starts[i])
        read[i] = after - address_of(data) - starts[i]


def numbers_compared(rng: random.Random, count: int) -> Tally:
    """Random decimals as the scanner reads them and as `float` does."""
    texts = [number(rng) for _ in range(count)]
    data = np.frombuffer(",".join(texts).encode() + b"," * REACH, np.uint8)
    sizes = np.array([len(text) for text in texts], np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes + 1)[:-1]])
    values, read = np.empty(count), np.empty(count, np.int64)
    _read_all(data, starts, values, read)
    wanted = np.array([float(text) for text in texts])
    certain = read == sizes
    wrong = certain & (values.view(np.int64) != wanted.view(np.int64))
    wrong |= (read >= 0) & ~certain
    differing = [(texts[row], float(values[row]), float(wanted[row])) for row in np.flatnonzero(wrong).tolist()]
    return Tally(count, differing, int(certain.sum()))
