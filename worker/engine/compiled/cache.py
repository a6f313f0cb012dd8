"""The disk cache of compiled kernels: a folder per version of numba, numpy and Python and per target."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.core.caching import IndexDataCacheFile, _CacheLocator

from worker.engine.compiled.target import take
from worker.paths import cache_dir

_CONFIG: Any = numba.config  # its settings are declared at run time
ANNOTATION = 6  # its index in what numba keeps of a function


class KernelCache(NamedTuple):
    """The folder of compiled kernels, None without a usable one; `refused` is the fault of the cache directory."""

    folder: Path | None
    refused: str = ""


TARGET = take()


def platform_name(target: str = TARGET.name) -> str:
    """Return all that compiled code depends on beside its sources: numba, numpy, Python and the target."""
    minor = ".".join(platform.python_version_tuple()[:2])  # a patch changes no byte code
    return f"numba{numba.__version__}-numpy{np.__version__}-py{minor}-{target}"


FINISHED = Path(__file__).with_name("finished")  # kernels that came with the package: a folder per platform


def prepare_cache() -> KernelCache:
    """Return the folder in the cache directory; if that can't be written, a copy in the temporary directory."""
    home = cache_dir() / "kernels" / platform_name()
    if not (refused := _refused(home)):
        return KernelCache(home)
    told = f"{home} can't be written ({refused})"
    try:
        private = Path(tempfile.gettempdir()) / f"alphapulse-kernels-{os.getuid()}"
        private.mkdir(mode=0o700, exist_ok=True)
        copy = private / home.name
        if not _only_ours(private) or _refused(copy):
            return KernelCache(None, told)
        _fill(copy, home)
    except OSError:
        return KernelCache(None, told)
    return KernelCache(copy, told)


class Located(_CacheLocator):
    """Where numba keeps a function: in the folder `numba.config.CACHE_DIR` itself.

    numba's own locators add a folder named after the path of the source, and compare that one source. The folder
    given here is named after the text of all sources, so it fits them wherever they lie.
    """

    def __init__(self, function: Any, file: str) -> None:
        self._folder, self._py_file, self._line = str(_CONFIG.CACHE_DIR), file, function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Located:
        """Return the place of a function."""
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        """Return the folder; numba creates it before it writes."""
        return self._folder

    def ensure_cache_path(self) -> None:
        """Create nothing yet: what is not kept needs no folder."""

    def get_source_stamp(self) -> str:
        """Return what must be equal for a file to be used: nothing beside the folder's name."""
        return ""

    def get_disambiguator(self) -> str:
        """Return what tells functions of one name apart."""
        return str(self._line)


class KernelFiles(IndexDataCacheFile):
    """The files of one function, which several processes may write at the same time.

    numba numbers the files of machine code by the index that it has read. Two processes that compile the function for
    other types would take one number, and a third would run the code of wrong types. Here no two files share a name,
    and a file is written before the index names it. Of two processes, one may lose its entry: it compiles again.

    What came finished with the package is looked for first. Nothing is written without a folder.
    """

    def __init__(self, cache_path: str, filename_base: str, source_stamp: str, finished: str = "") -> None:
        super().__init__(cache_path, filename_base, source_stamp)
        self._finished = IndexDataCacheFile(finished, filename_base, source_stamp)

    def load(self, key: Any) -> Any:
        """Return what is kept for these types; None if nothing is."""
        found = self._finished.load(key)
        return found if found is not None or not self._cache_path else super().load(key)

    def save(self, key: Any, data: Any) -> None:
        """Keep machine code under the types it is for."""
        if not self._cache_path:
            return
        os.makedirs(self._cache_path, exist_ok=True)
        name = self._data_name_pattern.format(number=uuid.uuid4().int)
        self._save_data(name, without_annotation(data))
        self._save_index(self._load_index() | {key: name})


def without_annotation(data: Any) -> Any:
    """Return what numba keeps of a function without its sources, annotated with types: a third of the bytes."""
    return (*data[:ANNOTATION], "", *data[ANNOTATION + 1 :]) if isinstance(data, tuple) else data


def share(compiled: Any, folder: Path | None, place: str) -> None:
    """Let several processes keep a function at the same time, in a subfolder `place`; finished ones lie there too."""
    kept = compiled._cache
    stamp, base = kept._impl.locator.get_source_stamp(), kept._impl.filename_base
    own, finished = "" if folder is None else str(folder / place), str(FINISHED / platform_name() / place)
    kept._cache_file = KernelFiles(own, base, stamp, finished)


@contextmanager
def keeping_in(folder: Path) -> Iterator[None]:
    """Let numba keep what is decorated meanwhile in a folder. It reads these settings when it decorates."""
    before = _CONFIG.CACHE_DIR, _CONFIG.CACHE_LOCATOR_CLASSES
    _CONFIG.CACHE_DIR, _CONFIG.CACHE_LOCATOR_CLASSES = str(folder), f"{__name__}.{Located.__name__}"
    try:
        yield
    finally:
        _CONFIG.CACHE_DIR, _CONFIG.CACHE_LOCATOR_CLASSES = before


def _refused(folder: Path) -> str:
    """Return why no file can be created in `folder`; empty if it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _only_ours(folder: Path) -> bool:
    # Its content is executed, and anybody may create a folder of that name first.
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def _fill(copy: Path, home: Path) -> None:
    """Copy missing files; another process may do the same at the same time."""
    for source in home.rglob("*"):
        target = copy / source.relative_to(home)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.{os.getpid()}")
            shutil.copyfile(source, part)  # without the mode of a read-only folder
            os.replace(part, target)
