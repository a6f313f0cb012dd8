"""Reads CSV files of bars, plain, gzipped or as the one member of a zip archive, row by row."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from worker.errors import DataError
from worker.sources.columns import Columns, guess, has_header, recognise
from worker.sources.record import Bar
from worker.sources.report import ReadReport
from worker.sources.rows import bars_of_rows

_DELIMITERS = ",;\t|"


def read_csv(path: Path, symbol: str, report: ReadReport, layout: Columns | None = None) -> Iterator[Bar]:
    """Bars of a file in its order; `layout` is for files without header whose columns are known.

    Raises:
        DataError: the file cannot be read, is empty, or its columns are not recognised.
    """
    try:
        with open_text(path) as text:
            yield from _read(text, path.name, symbol, report, layout)
    except (OSError, EOFError, zipfile.BadZipFile, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}", "Give a readable CSV file in UTF-8") from None


@contextmanager
def open_text(path: Path) -> Iterator[io.TextIOBase]:
    """The text of a file, gzip and zip unpacked, byte order mark removed."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(_member(archive, path)) as raw:
            yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    elif path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as text:
            yield text
    else:
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield text


def _member(archive: zipfile.ZipFile, path: Path) -> str:
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if len(names) != 1:
        raise DataError(f"{path} holds {len(names)} files, not one", "Unpack it and give the CSV files")
    return names[0]


def _read(text: io.TextIOBase, name: str, symbol: str, report: ReadReport, layout: Columns | None) -> Iterator[Bar]:
    head = text.readline()
    rows = csv.reader(chain([head], text), delimiter=max(_DELIMITERS, key=head.count))
    first = next(rows, [])
    if not any(first):
        raise DataError(f"{name} begins with an empty line", "Give a CSV file with a header or rows of bars")
    numbered = enumerate(rows, 2)
    if has_header(first):
        yield from bars_of_rows(numbered, recognise(first, name), symbol, report)
    else:
        columns = layout or guess(first, name)
        yield from bars_of_rows(chain([(1, first)], numbered), columns, symbol, report)
