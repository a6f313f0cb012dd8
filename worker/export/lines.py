"""A reader of decisions or rejections from files of one JSON record a line."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec

from worker.errors import DataError
from worker.export.batches import Item, decoder


def read_lines(path: Path, rejected: bool) -> Iterator[Item]:
    """Read the records of a file (`.gz` is unpacked), in order; empty lines are skipped.

    Raises:
        DataError: the file cannot be read, or a line is not such a record.
    """
    decode = decoder(rejected)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.isspace():
                    continue
                try:
                    yield decode(line)
                except msgspec.MsgspecError as problem:
                    kind = "rejection" if rejected else "decision"
                    raise DataError(
                        f"{path}, line {number} is no {kind}: {problem}",
                        "Give a file of one record a line, as topics and `backtest` hold them",
                    ) from None
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem}", "Give a readable file") from None
