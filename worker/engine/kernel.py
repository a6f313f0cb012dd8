"""The decorator `kernel`: it compiles and caches every compiled function of the engine.

numba's on-disk cache checks only the file of the cached function and misses edits in the functions
that it calls. So a kernel's folder is named after a hash of the sources that its module imports, directly or not,
below one named after numba's version and the target; where the sources lie and when they were written does not count.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

from worker.engine.compiled.cache import keeping_in, prepare_cache, share
from worker.engine.compiled.embedded import Embedded

ROOT = Path(__file__).parents[2]
F = TypeVar("F", bound=Callable[..., Any])
_IMPORT = re.compile(
    r"^(?:from|import)\s+((?:worker|schemas|tests)[\w.]*)(?:\s+import\s+(\([^)]*\)|[^\n]*))?", re.MULTILINE
)


@cache
def _file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


@cache
def _imports(module: str) -> frozenset[str]:
    """Return this project's modules that a module imports, and their packages: importing it runs them too."""
    file = _file(module)
    assert file is not None
    found = {module.rpartition(".")[0]}
    for package, names in _IMPORT.findall(file.read_text(encoding="utf-8")):
        found |= {package, *(f"{package}.{name}" for name in re.findall(r"\w+", names))}
    return frozenset(name for name in found if name and _file(name))


def sources(module: str) -> list[str]:
    """Return a module and all project modules that it imports, directly or not, in the order of their names."""
    seen: set[str] = set()
    left = {module}
    while left:
        seen |= left
        left = set().union(*map(_imports, left)) - seen
    return sorted(seen)


@cache
def _digest(module: str) -> bytes:
    """Return a digest of a module's name and text: it is a source of many kernels, and read once."""
    file = _file(module)
    assert file is not None
    return hashlib.sha256(file.relative_to(ROOT).as_posix().encode() + b"\n" + file.read_bytes()).digest()


@cache
def source_hash(module: str) -> str:
    """Return 16 hex digits over the sources of a module."""
    return hashlib.sha256(b"".join(map(_digest, sources(module)))).hexdigest()[:16]


CACHE = prepare_cache()

# error_model numpy: a division by zero must not raise inside a kernel that has released the GIL; every division is
# guarded anyway. No fastmath: it reorders and fuses, so the bits would depend on the CPU. No reference counts: kernels
# only borrow their arrays, and counting those in the parameters took some 6% of a bar's time.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": False, "_nrt": False}
_KEPT: dict[str, Any] = {"cache": True, "no_cfunc_wrapper": True}
_njit: Any = numba.njit(**OPTIONS, **_KEPT)
_inlined: Any = numba.njit(inline="always", **OPTIONS)


def kernel(function: F) -> F:
    """Compile `function` for the engine: no GIL, cached on disk, IEEE arithmetic in source order.

    A kernel can't create arrays: it writes into its arguments.
    """
    compiled: F = _kept(_njit, function)
    return compiled


def embedded(function: F) -> F:
    """Compile a kernel whose machine code becomes part of each caller's, for all that runs at every bar.

    A call passes a stage's parameters by value, word by word, and hides constants from the optimiser. Unlike an
    `inlined` function, this one is compiled and cached by itself: a caller takes the finished code.
    """
    compiled: F = _kept(_embedded, function)
    return compiled


def inlined(function: F) -> F:
    """Compile a kernel whose source becomes part of each caller's, for helpers that are shorter than a call."""
    compiled: F = _inlined(function)
    return compiled


def _embedded(function: Any) -> Any:
    compiled = Embedded(function, {"forceinline": True, **OPTIONS}, _called)
    compiled.enable_caching()
    return compiled


def _called(function: Any) -> Any:
    return _kept(_njit, function, "called")


def _kept(decorate: Any, function: Any, part: str = "") -> Any:
    module: str = function.__module__
    place = "/".join((source_hash(module), module, *([part] if part else [])))
    with keeping_in(Path(place)):
        compiled = decorate(function)
    share(compiled, CACHE.folder, place)
    return compiled
