"""Notice that kernels are being compiled, where they are cached, or why they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

KERNELS = 800  # about as many as there are, for the bar of progress
VARIABLE = "ALPHAPULSE_CACHE_DIR"
QUICK = ("alphapulse_strategy_", "worker.strategy.", "numba.")


def make_ready(say: Callable[[str], None] | None = None) -> None:
    """Compile all kernels that are missing, and announce it by `say`, or on stderr with its progress.

    Where they can't be kept, each is compiled when it is needed.

    Raises:
        TryAgain: one of the processes that compile failed.
    """
    from worker.engine.kernel import CACHE
    from worker.kernels.state import complete

    if CACHE.folder is None or complete():
        announce(say)
        return
    (say or _say)(sentence())
    if say is None:
        ahead()
    else:
        from worker.kernels.compiling import compile_all

        compile_all(lambda _: None)


def announce(say: Callable[[str], None] | None = None) -> None:
    """Announce the first compilation of a kernel, by `say` or on stderr; loading kernels from disk is silent.

    So is a strategy.
    """
    from numba.core import event

    class First(event.Listener):
        """A listener that reports once."""

        told = False

        def on_start(self, event: event.Event) -> None:
            if not self.told and of_engine(event.data["dispatcher"].py_func):
                self.told = True
                (say or _say)(sentence())

        def on_end(self, _: object) -> None: ...

    event.register("numba:compile", First())


class Count:
    """Numbers of kernels: all that were compiled, and those that no process had compiled ahead."""

    def __init__(self) -> None:
        self.ahead, self.late = 0, 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.ahead + self.late


@contextmanager
def compiled_ahead() -> Iterator[Count]:
    """Compile all kernels that are missing, by several processes and with progress; count those compiled within.

    Raises:
        TryAgain: one of the processes failed.
    """
    from numba.core import event

    count = Count()
    count.ahead = ahead()

    class Late(event.Listener):
        """A listener that counts."""

        def on_start(self, _: object) -> None: ...

        def on_end(self, _: object) -> None:
            count.late += 1

    listener = Late()
    event.register("numba:compile", listener)
    try:
        yield count
    finally:
        event.unregister("numba:compile", listener)


def ahead() -> int:
    """Compile all kernels that are missing, by several processes and with progress, and return their number.

    Raises:
        TryAgain: one of the processes failed.
    """
    from worker.cli.progress import progress
    from worker.kernels.state import complete

    if complete():
        return 0
    from worker.kernels.compiling import compile_all

    with progress("compiling the engine", "compiled", KERNELS, "kernels") as tell:
        return compile_all(tell)


def of_engine(function: Callable[..., object]) -> bool:
    """Return whether a function that is compiled is the engine's: a strategy's, and what it needs, take a second."""
    return not function.__module__.startswith(QUICK)


def sentence() -> str:
    """Return where the kernels are cached and how long compiling takes."""
    from worker.engine.kernel import CACHE

    what = "compiling the engine's kernels (about a minute)"
    if CACHE.folder is None:
        return f"{what}, at every start: {CACHE.refused}. Set {VARIABLE} to a writable folder"
    if CACHE.refused:
        return f"{what} into {CACHE.folder}: {CACHE.refused}. Set {VARIABLE} to a writable folder"
    return f"{what} into {CACHE.folder}, once per version and kind of CPU"


def _say(text: str) -> None:
    typer.echo(text, err=True)
