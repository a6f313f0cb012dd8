"""One of the processes that compile: it reads names of parts, and writes a line for each kernel and each part."""

from __future__ import annotations

import signal
import sys

from numba.core import event

from worker.engine.compiled.blas import without_blas
from worker.kernels.names import KERNEL, PART
from worker.kernels.parts import WORK


class Told(event.Listener):
    """A listener that writes a line for each kernel that was compiled."""

    def on_start(self, _: object) -> None: ...

    def on_end(self, _: object) -> None:
        _write(KERNEL)


def main() -> None:
    """Compile parts until no more are asked for."""
    without_blas()
    event.register("numba:compile", Told())
    for line in sys.stdin:
        WORK[line.strip()]()
        _write(PART)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the parent tells of it
    main()
