"""The bytes of a file; its packing and its encoding are detected from the bytes, not from its name."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import os
import shutil
import sys
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from worker.errors import DataError

STDIN = "-"
_HEAD = 65_536
_PIECE = 1 << 20
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PARQUET = (".parquet", ".pq", ".parq")
# Errors of reading and unpacking; an encrypted archive is a RuntimeError, an unknown method NotImplementedError.
FAILURES = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, lzma.LZMAError, zlib.error)
FALLBACKS = ("cp1252", "latin-1")


class Content:
    """A file that can be read again and again; standard input and zstd are unpacked into a temporary file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = "standard input" if str(path) == STDIN else path.name
        self.spool: IO[bytes] | None = None
        self.member: str | None = None  # of a zip archive
        try:
            if str(path) == STDIN:
                self.spool = tempfile.TemporaryFile()  # noqa: SIM115
                shutil.copyfileobj(sys.stdin.buffer, self.spool, _PIECE)
                self.spool.flush()
            with self._raw() as raw:
                start = raw.read(8)
            self.parquet = start[:4] == b"PAR1"
            if path.suffix.lower() in _PARQUET and not self.parquet:
                raise DataError(f"{path} cannot be read: it is no Parquet file", "Give a readable Parquet file")
            self.packing = next((kind for magic, kind in _MAGIC if start.startswith(magic)), None)
            if self.packing == "zip":
                self.member = self._only_member()
            elif self.packing == "zstd":
                self.spool = self._unpacked()
        except FAILURES as error:
            raise self.unreadable(error) from None
        finally:
            if self.spool is not None:
                weakref.finalize(self, self.spool.close)

    def unreadable(self, error: Exception) -> DataError:
        """Return the error to raise where reading fails."""
        return DataError(f"{self.path} cannot be read: {error}", "Give a readable file, unpacked if it is damaged")

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the unpacked bytes at their beginning."""
        with self._raw() as raw:
            if self.packing == "gzip":
                with gzip.open(raw, "rb") as file:
                    yield cast(BinaryIO, file)
            elif self.packing == "bzip2":
                with bz2.open(raw, "rb") as file:
                    yield cast(BinaryIO, file)
            elif self.packing == "xz":
                with lzma.open(raw, "rb") as file:
                    yield cast(BinaryIO, file)
            elif self.packing == "zip":
                with zipfile.ZipFile(raw) as archive, archive.open(self.member or "") as file:
                    yield cast(BinaryIO, file)
            else:
                yield raw

    @contextmanager
    def _raw(self) -> Iterator[BinaryIO]:
        if self.spool is not None:
            # Readers close what they read: they get a descriptor of their own.
            with os.fdopen(os.dup(self.spool.fileno()), "rb") as again:
                again.seek(0)
                yield again
            return
        with self.path.open("rb") as file:
            yield file

    def head(self) -> bytes:
        """Return the first unpacked bytes."""
        try:
            with self.open() as file:
                return file.read(_HEAD)
        except FAILURES as error:
            raise self.unreadable(error) from None

    def _only_member(self) -> str:
        with self._raw() as raw, zipfile.ZipFile(raw) as archive:
            names = [
                each.filename
                for each in archive.infolist()
                if not each.is_dir() and not each.filename.startswith("__MACOSX/")
            ]
        if len(names) != 1:
            raise DataError(f"{self.path} holds {len(names)} files, not one", "Unpack it and give the CSV files")
        return names[0]

    def _unpacked(self) -> IO[bytes]:
        import cramjam

        with self._raw() as raw:
            try:
                plain = bytes(cramjam.zstd.decompress(raw.read()))
            except cramjam.DecompressionError as error:
                raise self.unreadable(error) from None
        target: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        target.write(plain)
        target.flush()
        return target


def encoding_of(head: bytes) -> str:
    """Detect a text's encoding from its first bytes: a byte order mark, zeros of UTF-16, else UTF-8 or Windows."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    some = head[:1_024]
    if some.count(0) > len(some) // 4:
        return "utf-16-le" if some[1::2].count(0) > some[::2].count(0) else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return FALLBACKS[0]
    return "utf-8"
