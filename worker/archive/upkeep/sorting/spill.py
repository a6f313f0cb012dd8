"""Rows on a local disk, shared out into parts: files without a name, which vanish with the process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from worker.export.columns import arrow

COMPRESSION = "lz4"


class NoRoom(Exception):
    """The disk does not take the rows."""


class Part:
    """The rows of one part, in no order."""

    def __init__(self, file: Any, schema: Any) -> None:
        self.rows = self.bytes = 0  # bytes in memory
        self._file, self._schema = file, schema
        self._out: Any = None

    def put(self, batch: Any) -> None:
        """Add rows.

        Raises:
            NoRoom: the disk is full.
        """
        with disk():
            if self._out is None:
                ipc = arrow("pyarrow.ipc")
                options = ipc.IpcWriteOptions(compression=COMPRESSION, use_threads=False)
                self._out = ipc.new_stream(self._file, self._schema, options=options)
            self._out.write_batch(batch)
        self.rows += len(batch)
        self.bytes += batch.nbytes

    def batches(self, columns: list[str] | None = None) -> Iterator[Any]:
        """Yield all rows, or some of their columns; none may be added any more.

        Raises:
            NoRoom: the disk is full.
        """
        if self._out is None:
            return
        with disk():
            self._out.close()
            self._file.seek(0)
        ipc = arrow("pyarrow.ipc")
        named = None if columns is None else [self._schema.get_field_index(name) for name in columns]
        options = ipc.IpcReadOptions(use_threads=False, included_fields=named)
        yield from ipc.open_stream(self._file, options=options)


class Spill:
    """Parts that are deleted on leaving."""

    def __init__(self, schema: Any, folder: str, parts: int) -> None:
        self._schema, self._folder, self._number = schema, folder, parts
        self._files = ExitStack()
        self.parts: list[Part] = []

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            for _ in range(self._number):
                with disk():
                    file = opened.enter_context(tempfile.TemporaryFile(dir=self._folder or None))
                self.parts.append(Part(file, self._schema))
            self._files = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()


@contextmanager
def disk() -> Iterator[None]:
    """Tell what the disk refuses in the block.

    Raises:
        NoRoom: instead of OSError.
    """
    try:
        yield
    except OSError as problem:
        raise NoRoom(str(problem)) from problem
