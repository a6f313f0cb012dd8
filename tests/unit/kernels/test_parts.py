"""The parts that processes compile are all that the engine loads at its start: nothing is left for later."""

from __future__ import annotations

import subprocess
import sys

from worker.kernels.names import PARTS

PROGRAM = """
import sys

from numba.core.dispatcher import Dispatcher

from worker.engine.compiled.blas import without_blas
from worker.kernels.parts import WORK, everything


def loaded():
    found = set()
    for name, module in list(sys.modules.items()):
        if name.startswith("worker."):
            for kernel in vars(module).values():
                if isinstance(kernel, Dispatcher):
                    function = kernel.py_func
                    found |= {(function.__qualname__, function.__module__, types) for types in kernel.overloads}
    return found


without_blas()
for work in WORK.values():
    work()
before = loaded()
everything()
assert len(before) > 15, len(before)
print(list(WORK), sorted(name for name, *_ in loaded() - before))
"""


def test_the_parts_are_everything() -> None:
    program = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(program, capture_output=True, text=True, timeout=240, check=True)
    assert done.stdout.strip() == f"{list(PARTS)} []"
