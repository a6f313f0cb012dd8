"""Progress of the download: a bar on a terminal, two lines elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext


class Progress:
    """A byte count of parallel downloads; `advance` gets the bytes since the last call."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance = advance
        self._lock = threading.Lock()

    def of_file(self, _name: str, _size: int) -> AbstractContextManager[Callable[[int], None]]:
        """Return the callback of one file in the form that the downloader expects."""
        return nullcontext(self._add)

    def _add(self, count: int) -> None:
        with self._lock:
            self._advance(count)


@contextmanager
def reporter(what: str, size: int, told: str) -> Iterator[Progress]:
    """Announce a download of `size` bytes on stderr, with the text `told`, and show its progress."""
    headline = f"Downloading {what} once ({told})"
    if sys.stderr.isatty():
        with _bar(headline, size) as progress:
            yield progress
        return
    print(headline, file=sys.stderr, flush=True)
    yield Progress(lambda _count: None)
    print(f"Downloaded {what}", file=sys.stderr, flush=True)


@contextmanager
def _bar(headline: str, size: int) -> Iterator[Progress]:
    from rich import progress as bars
    from rich.console import Console

    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.DownloadColumn())
    with bars.Progress(*columns, bars.TimeRemainingColumn(), console=Console(stderr=True)) as display:
        task = display.add_task(headline, total=size)
        yield Progress(lambda count: display.advance(task, count))
