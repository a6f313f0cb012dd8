"""Extra columns of ticks: numbers by name that only strategies read. No fault of theirs rejects a bar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.engine.elementary.words import address_of, byte_at
from worker.engine.kernel import inlined, kernel
from worker.engine.records.raw import RawRecords
from worker.engine.stages.ingestion.formats import is_msgpack, unframed
from worker.engine.stages.ingestion.numerals import read_number
from worker.engine.stages.ingestion.scanner import COMMA, FRAME, FRAME_SIZE, MINUS, NINE, ZERO, place, skip_scalar
from worker.engine.stages.ingestion.text import skip_space, skip_text

NO_EXTRAS = np.zeros((0, 0))  # nothing is known of any record
NO_EXTRAS.flags.writeable = False


@inlined
def _named(at, size, names, sizes):  # type: ignore[no-untyped-def]
    # The row of `names` whose text is the `size` bytes at `at`; -1 for none.
    found = -1
    for k in range(sizes.size):
        if sizes[k] == size:
            n = 0
            while n < size and byte_at(at + n) == names[k, n]:
                n += 1
            if n == size:
                found = k
    return found


@kernel
def _read_members(at, end, names, sizes, into):  # type: ignore[no-untyped-def]
    # The text at `at` is a flat bar, as the scanner has found: no step can fail, and none goes beyond `end`.
    at = skip_space(at, end) + 1
    while at < end:
        name = skip_space(at, end) + 1
        after = skip_text(name, end)
        if after < 0:
            return
        found = _named(name, after - 1 - name, names, sizes)
        at = skip_space(skip_space(after, end) + 1, end)
        value = math.nan
        first = byte_at(at)
        if found >= 0 and (first == MINUS or ZERO <= first <= NINE):
            at, value = read_number(at)
        else:
            at = skip_scalar(at, end)
        if at < 0:
            return
        if found >= 0:
            into[found] = value
        at = skip_space(at, end)
        if byte_at(at) != COMMA:
            return
        at += 1


@kernel
def _read(data, rows, spare, names, sizes, exact, into):  # type: ignore[no-untyped-def]
    base = address_of(data)
    for i in range(rows.size):
        if exact[i]:
            continue
        size = np.int64(rows[i].value_size)
        at = place(data, base, rows[i].value, size, spare)
        if at < 0:
            continue
        end = at + size
        if byte_at(at) == FRAME:
            at += FRAME_SIZE
        _read_members(at, end, names, sizes, into[i])


class ExtraReader:
    """Reader of named members of records as numbers: finite, or NaN for what is absent, null or no number."""

    def __init__(self, names: Sequence[str]) -> None:
        texts = [name.encode() for name in names]
        self._sizes = np.array([len(text) for text in texts])
        self._names = np.zeros((len(texts), int(self._sizes.max())), np.uint8)
        for row, text in zip(self._names, texts, strict=True):
            row[: len(text)] = np.frombuffer(text, np.uint8)
        # Raw: one of them that is no number says nothing of the others.
        members = msgspec.defstruct("Members", [(name, msgspec.Raw, msgspec.Raw()) for name in names])
        self._formats = [
            (module.Decoder(members).decode, module.Decoder(float).decode) for module in (msgspec.json, msgspec.msgpack)
        ]

    def read(
        self, raw: RawRecords, masks: NDArray[np.uint64], exact: NDArray[np.bool_], spare: NDArray[np.uint8]
    ) -> NDArray[np.float64]:
        """Return the numbers of records that hold bars (`masks` 0), shape (n, names); NaN for the others.

        Compiled code reads those that `scan` has read, this class those that it has marked as `exact`.
        """
        into = np.full((len(raw), self._sizes.size), math.nan)
        _read(*raw.arrays(), spare, self._names, self._sizes, exact, into)
        for row in np.flatnonzero(exact & (masks == 0)).tolist():
            into[row] = self._exactly(raw.value(row) or b"")
        return into

    def _exactly(self, value: bytes) -> list[float]:
        value = unframed(value)
        members, number = self._formats[is_msgpack(value[0])]
        found = _decoded(members, value)
        if found is None:
            return [math.nan] * self._sizes.size
        return [_number(number, part) for part in msgspec.structs.astuple(found)]


def _decoded(decode: Any, value: bytes | msgspec.Raw) -> Any:
    try:
        return decode(value)
    except MemoryError:
        raise
    # As in `Decoder`: no content of a record may end a worker.
    except Exception:
        return None


def _number(decode: Any, part: msgspec.Raw) -> float:
    value = _decoded(decode, part)
    return value if value is not None and math.isfinite(value) else math.nan
