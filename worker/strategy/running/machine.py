"""Machine code of a strategy's functions, kept on disk for as long as nothing that it depends on has changed."""

from __future__ import annotations

import hashlib
import os
import sys
import types as python
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numba
import numpy as np

from worker.engine.compiled.cache import keeping_in
from worker.engine.kernel import CACHE, source_hash
from worker.strategy.describing.source import Source
from worker.strategy.errors import StrategyRefused
from worker.strategy.running import answering
from worker.strategy.running.refusing import refused

# A step that divides by zero or leaves an array must raise, as the interpreted one does: it shares the process. No
# fastmath, as for every kernel.
OPTIONS: dict[str, Any] = {"error_model": "python", "boundscheck": True, "fastmath": False}


class Machine:
    """Compiles stubs, short functions of ours around those of a strategy.

    `records` and `stubs` are all that machine code depends on beside the source, numba and the CPU: field offsets.
    """

    def __init__(self, source: Source, records: Iterable[np.dtype[Any]], stubs: Iterable[str]) -> None:
        self.source = source
        records = tuple(records)
        self._fields = frozenset(name for record in records for name in record.names or ())
        self.key = cache_key(source, records, stubs)
        self._folder = _folder(self.key)
        self._home = _home(self.key)
        self._names = _compiling_names(source.module, self._home)

    def jitted(self, function: Any) -> Any:
        """Return a function of the strategy for stubs to call; it is compiled with the first that does."""
        return _compiling(function, self._names, self._home)

    def built(self, name: str, stub: str, given: Mapping[str, Any]) -> Any:
        """Run a stub, which defines the function `name` and is decorated with `cache=KEPT`, and return that.

        Raises:
            StrategyRefused: a function that it calls can't be compiled.
        """
        file = Path(f"<{name}>") if self._folder is None else _kept(self._folder, name, stub)
        module = python.ModuleType(f"alphapulse_strategy_{self.key}_{name}")
        names = vars(module)
        names |= {"numba": numba, "KEPT": self._folder is not None, "OPTIONS": OPTIONS, **given}
        sys.modules[module.__name__] = module  # numba imports it by this name for code that comes from the cache
        keeping = nullcontext() if self._folder is None else keeping_in(self._folder)
        with self.refusing(), keeping:
            exec(compile(stub, str(file), "exec"), names)
        return names[name]

    def refusing(self) -> _Refusing:
        """Return a context in which numba's errors become a refusal of the strategy."""
        return _Refusing(self.source, self._fields)


def cache_key(source: Source, records: Iterable[np.dtype[Any]], stubs: Iterable[str]) -> str:
    """Return 16 hex digits over a source, the records that it is compiled for, and the stubs around it."""
    digest = hashlib.sha256(source.digest.encode())
    for record in records:
        digest.update(repr(np.lib.format.dtype_to_descr(record)).encode())
    for text in (*stubs, repr(sorted(OPTIONS.items())), source_hash(__name__), source_hash(answering.__name__)):
        digest.update(text.encode())
    return digest.hexdigest()[:16]


class _Refusing:
    def __init__(self, source: Source, fields: frozenset[str]) -> None:
        self._source, self._fields = source, fields

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and not isinstance(error, StrategyRefused):  # numba raises more than its own
            raise refused(self._source, error, self._fields) from None


def _home(key: str) -> str:
    """Return the module that machine code says it is of, and make it: numba imports it with code from the cache.

    The strategy's own won't do: a file that is loaded and a class that was imported share a digest, and so the cache,
    but each process knows only the one it has.
    """
    name = f"alphapulse_strategy_code_{key}"
    sys.modules.setdefault(name, python.ModuleType(name))
    return name


def _compiling_names(module: python.ModuleType, home: str) -> dict[str, Any]:
    """Return the names of a module for functions that are about to be compiled, its own functions among them.

    The module keeps its own: it may be a notebook's.
    """
    names = dict(vars(module))
    functions = {
        name: value
        for name, value in names.items()
        if isinstance(value, python.FunctionType) and value.__module__ == module.__name__
    }
    names |= {name: _compiling(function, names, home) for name, function in functions.items()}
    answering.replace(names)
    return names


def _compiling(function: Any, names: dict[str, Any], home: str) -> Any:
    own = python.FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    own.__module__ = home
    own.__qualname__ = function.__qualname__
    return numba.njit(**OPTIONS)(own)


def _folder(key: str) -> Path | None:
    if CACHE.folder is None:
        return None
    folder = CACHE.folder / "strategies" / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _kept(folder: Path, name: str, stub: str) -> Path:
    """Write the stub, for tracebacks and numba's messages, where there is none."""
    file = folder / f"{name}.py"
    if not file.exists():
        part = folder / f".{name}.{os.getpid()}"
        part.write_text(stub, encoding="utf-8")
        part.replace(file)
    return file
