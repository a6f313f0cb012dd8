"""Notice that kernels are being compiled, where they are cached, or why they are not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

import typer

VARIABLE = "ALPHAPULSE_CACHE_DIR"
QUICK = ("alphapulse_strategy_", "worker.strategy.", "numba.")
BLAS = "scipy.linalg.cython_blas"


def without_blas() -> None:
    """Let numba do without scipy's BLAS in this process, where scipy is installed.

    numba looks for it with its first kernel. No kernel of ours uses it, and loading scipy for it takes 0.2 CPU-seconds
    and 15 MB. Whoever imports scipy later gets it.
    """
    before = sys.modules.get(BLAS, BLAS)
    sys.modules[BLAS] = None  # type: ignore[assignment]  # an import of it fails
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules[BLAS]
        if not isinstance(before, str):
            sys.modules[BLAS] = before


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


def of_engine(function: Callable[..., object]) -> bool:
    """Return whether a function that is compiled is the engine's: a strategy's, and what it needs, take a second."""
    return not function.__module__.startswith(QUICK)


def sentence() -> str:
    """Return where the kernels are cached and how long compiling takes."""
    from worker.engine.kernel import CACHE

    what = "compiling the engine's kernels (one to two minutes)"
    if CACHE.folder is None:
        return f"{what}, at every start: {CACHE.refused}. Set {VARIABLE} to a writable folder"
    if CACHE.refused:
        return f"{what} into {CACHE.folder}: {CACHE.refused}. Set {VARIABLE} to a writable folder"
    return f"{what} into {CACHE.folder}, once per version and CPU"


def _say(text: str) -> None:
    typer.echo(text, err=True)
