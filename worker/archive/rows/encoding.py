"""Records of one topic to rows of its table; what can't be read goes to the companion, byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas import SCHEMA_VERSION
from worker.archive.rows.kinds import Kind, unreadable_schema
from worker.archive.rows.times import as_stored, dates, instants
from worker.engine.records.raw import RawRecords
from worker.engine.records.records import Records
from worker.errors import ConfigError
from worker.export.batches import decoder
from worker.export.columns import arrow
from worker.wire.plain import header

REFUSED = (msgspec.MsgspecError, UnicodeDecodeError)
MOST_ERROR = 500  # characters of the cause that a companion keeps


class Versioned(msgspec.Struct):
    """The part of every record that tells how to read it."""

    schema_version: int


class Encoded(NamedTuple):
    """Rows of a table and of its companion, each a pyarrow RecordBatch."""

    rows: Any
    unreadable: Any


@dataclass
class Batch:
    """Records of one partition, taken apart."""

    partition: int
    offsets: NDArray[np.int64]
    stamps: NDArray[np.int64]  # of the Kafka records, epoch ms
    records: Records
    headers: list[bytes]
    causes: dict[int, str] = field(default_factory=dict)  # row → why it can't be read

    def place(self, rows: list[int], stamps: NDArray[np.int64]) -> list[Any]:
        """Return the columns of `kinds.place` for some rows; `stamps` are their dates, epoch ms."""
        pa = arrow()
        partitions = np.full(len(rows), self.partition, np.int32)
        ids = pa.array([_id(self.headers[row]) for row in rows], pa.string())
        return [dates(stamps), pa.array(partitions), pa.array(self.offsets[rows]), ids]

    def parts(self) -> tuple[Sequence[bytes | None], ...]:
        """Return keys, values and headers."""
        return self.records.keys, self.records.values, self.headers


class Encoder:
    """The encoder of one table; it is not shared between threads."""

    def __init__(self, kind: Kind) -> None:
        self._kind, self._companion = kind, unreadable_schema()
        self._decode: Any = decoder(kind.name == "rejections") if kind.batches else _text
        self._version = msgspec.json.Decoder(Versioned).decode

    def encode(self, partition: int, raw: RawRecords) -> Encoded:
        """Encode records of one partition; each becomes one row, here or there.

        Raises:
            ConfigError: a record has a newer schema than this program knows.
        """
        batch = Batch(partition, raw.rows["offset"], raw.rows["timestamp"], raw.records(), raw.all_headers())
        good, items = self._decoded(batch)
        try:
            return self._encoded(batch, good, items)
        except _unfit():
            # Some value fits no column, as an integer of more than 64 bits: find whose it is.
            return self._encoded(batch, *self._one_by_one(batch, good, items))

    def _decoded(self, batch: Batch) -> tuple[list[int], list[Any]]:
        good, items, decode = [], [], self._decode
        for row, value in enumerate(batch.records.values):
            try:
                item = decode(value or b"")
            except REFUSED as problem:
                self._check_version(value or b"", batch, row)
                batch.causes[row] = str(problem)
                continue
            if getattr(item, "schema_version", SCHEMA_VERSION) > SCHEMA_VERSION:
                self._check_version(value or b"", batch, row)
            good.append(row)
            items.append(item)
        return good, items

    def _check_version(self, value: bytes, batch: Batch, row: int) -> None:
        try:
            found = self._version(value).schema_version
        except REFUSED:
            return
        if found > SCHEMA_VERSION:
            raise ConfigError(
                f"{self._kind.topic} partition {batch.partition}, offset {batch.offsets[row]} has schema version "
                f"{found}, but this program knows up to {SCHEMA_VERSION}",
                "Upgrade the archive before the workers; it then goes on with this record",
            )

    def _one_by_one(self, batch: Batch, rows: list[int], items: list[Any]) -> tuple[list[int], list[Any]]:
        good, kept = [], []
        for row, item in zip(rows, items, strict=True):
            try:
                self._rows(batch, [row], [item])
            except _unfit() as problem:
                batch.causes[row] = str(problem)
            else:
                good.append(row)
                kept.append(item)
        return good, kept

    def _encoded(self, batch: Batch, rows: list[int], items: list[Any]) -> Encoded:
        return Encoded(self._rows(batch, rows, items), self._unreadable(batch))

    def _rows(self, batch: Batch, rows: list[int], items: Sequence[Any]) -> Any:
        pa, stamps = arrow(), batch.stamps[rows]
        if self._kind.batches is None:
            keys = [(batch.records.keys[row] or b"").decode(errors="replace") for row in rows]
            own = [pa.array(keys, pa.string()), instants(stamps.tolist()), pa.array(items, pa.string())]
        else:
            own = [as_stored(column) for column in self._kind.batches.batch(items).columns]
            if self._kind.name == "decisions":
                stamps = np.array([item.close_ts for item in items], np.int64)
        return pa.RecordBatch.from_arrays([*batch.place(rows, stamps), *own], schema=self._kind.schema)

    def _unreadable(self, batch: Batch) -> Any:
        pa, rows = arrow(), sorted(batch.causes)
        stamps = batch.stamps[rows]
        columns = [
            *batch.place(rows, stamps),
            instants(stamps.tolist()),
            *(pa.array([part[row] for row in rows], pa.binary()) for part in batch.parts()),
            pa.array([batch.causes[row][:MOST_ERROR] for row in rows], pa.string()),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self._companion)


def _id(headers: bytes) -> str | None:
    try:
        found = header(headers, b"ce_id")
    except IndexError:
        return None
    return None if found is None else found.decode(errors="replace")


def _text(value: bytes) -> str:
    """Return the text of a JSON record.

    Raises:
        MsgspecError, UnicodeDecodeError: it is none.
    """
    msgspec.json.decode(value)
    return value.decode()


def _unfit() -> tuple[type[Exception], ...]:
    return (arrow().ArrowException, OverflowError, ValueError)
