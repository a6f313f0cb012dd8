"""numba without scipy, which no kernel needs."""

from __future__ import annotations

import importlib
import sys

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
