"""How the allocators of this process treat memory that a commit took: they give it back instead of keeping it.

Three work side by side: the C library's for Python and Kafka, Arrow's for rows, jemalloc for deltalake. Each keeps what
was freed for its own next use, so that a member would hold the peak of all three at once.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

# Read when the libraries are loaded. An operator's own values win.
VARIABLES = {
    "_RJEM_MALLOC_CONF": "narenas:1,dirty_decay_ms:0",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
MMAP_THRESHOLD, TRIM_THRESHOLD, ARENA_MAX = -3, -1, -8  # of glibc's mallopt
OPTIONS = {MMAP_THRESHOLD: 131_072, TRIM_THRESHOLD: 1_048_576, ARENA_MAX: 2}
_set: Any = getattr(ctypes.CDLL(None), "mallopt", None)  # in glibc


def give_back() -> None:
    """Set the allocators up, before threads begin and before pyarrow and deltalake are loaded."""
    for name, wanted in VARIABLES.items():
        os.environ.setdefault(name, wanted)
    if _set is not None:
        for option, value in OPTIONS.items():
            _set(option, value)
