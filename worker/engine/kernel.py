"""`kernel`: how every compiled function of the engine is compiled and cached.

numba's on-disk cache looks at the file of the cached function only and misses edits in the functions
that it calls. So the cache directory's name carries a hash of all engine sources, of numba's version and of the CPU.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding
import numba

from worker.paths import cache_dir

ENGINE = Path(__file__).parent
F = TypeVar("F", bound=Callable[..., Any])


def source_hash() -> str:
    """Hex digest over every Python source of the engine, numba's version and the CPU's name and features."""
    digest = hashlib.sha256()
    for path in sorted(ENGINE.rglob("*.py")):
        digest.update(path.relative_to(ENGINE).as_posix().encode())
        digest.update(path.read_bytes())
    cpu = llvmlite.binding.get_host_cpu_name()
    digest.update(f"{numba.__version__} {platform.python_version()} {cpu}".encode())
    return digest.hexdigest()[:16]


def _writable(directory: Path) -> bool:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError:
        return False


def prepare_cache() -> Path:
    """Point numba at this source's cache directory; on a read-only file system work on a copy in the temp directory."""
    home = cache_dir() / "kernels" / source_hash()
    if not _writable(home):
        copy = Path(tempfile.gettempdir()) / f"alphapulse-kernels-{os.getuid()}" / home.name
        if home.is_dir():
            shutil.copytree(home, copy, dirs_exist_ok=True)
        home = copy
    setattr(numba.config, "CACHE_DIR", str(home))  # noqa: B010 - numba declares its settings at run time
    return home


CACHE = prepare_cache()

# error_model numpy: a division by zero must not raise inside a kernel that has released the GIL; every division is
# guarded anyway. No fastmath: it reorders and fuses, so the bits would depend on the CPU. No reference counts: kernels
# only borrow their arrays, and counting those in the parameters took some 6% of a bar's time.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": False, "_nrt": False}
_njit: Any = numba.njit(cache=True, **OPTIONS)
_inlined: Any = numba.njit(inline="always", **OPTIONS)


def kernel(function: F) -> F:
    """Compile `function` for the engine: no GIL, cached on disk, IEEE arithmetic in source order.

    A kernel can't make arrays: it writes into those it is given.
    """
    compiled: F = _njit(function)
    return compiled


def inlined(function: F) -> F:
    """A kernel that becomes part of each caller, for helpers that are shorter than a call."""
    compiled: F = _inlined(function)
    return compiled
