"""Where a strategy comes from: a file, or an entry point of an installed package. Only what is named is imported."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import types
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import NamedTuple

from worker.strategy.declaring.declared import Strategy
from worker.strategy.describing.lint import findings
from worker.strategy.errors import FIX, StrategyRefused, raised

GROUP = "alphapulse.strategies"


class Source(NamedTuple):
    """A strategy's class, its module, its file and the sha256 of its source."""

    name: str  # as messages say it
    strategy: type[Strategy]
    module: types.ModuleType
    file: Path
    text: str
    digest: str  # of all that it calls
    packaged: bool = False  # `name` is that of an entry point


def from_file(path: Path, lint: bool = True) -> Source:
    """Return the strategy of a file; each call makes a module of its own, so that it can be loaded in two ways.

    Without `lint` it is run as it is: for who has read it before, as `strategy check` has.

    Raises:
        StrategyRefused: it can't be read or run, or does not hold exactly one strategy.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise StrategyRefused(
            f"{path} can't be read: {error.strerror}", "Check the path: --strategy, or engine.strategy.file"
        ) from None
    code = text.decode("utf-8", "replace")
    if lint:
        clean(path.name, code, file=path)
    digest = hashlib.sha256(text).hexdigest()
    module = types.ModuleType(f"alphapulse_strategy_{digest[:16]}")
    module.__file__ = str(path)
    # Not in `sys.modules` by its plain name: a file called as a library would hide it.
    sys.modules[module.__name__] = module
    try:
        with redirect_stdout(sys.stderr):  # standard output is for the data of commands
            exec(_compiled(text, str(path)), vars(module))
    except StrategyRefused:
        raise
    except Exception as error:
        raise raised(path.name, "can't be loaded", error, path) from None
    return Source(path.name, _strategy(path.name, module), module, path, code, digest)


@lru_cache(maxsize=64)  # `strategy check` loads one file a hundred times
def _compiled(text: bytes, path: str) -> types.CodeType:
    code: types.CodeType = compile(text, path, "exec")
    return code


def installed() -> dict[str, EntryPoint]:
    """Return the strategies of installed packages by name; import nothing."""
    return {each.name: each for each in entry_points(group=GROUP)}


def from_package(name: str, lint: bool = True) -> Source:
    """Return the strategy of an entry point; its digest is over all modules of the package. `lint` as in `from_file`.

    Raises:
        StrategyRefused: there is none of that name, or it can't be imported or is no strategy.
    """
    known = installed()
    if name not in known:
        names = ", ".join(sorted(known)) or "none is installed"
        raise StrategyRefused(f"there is no strategy {name}", f"Install the package that has it (known: {names})")
    try:
        found = known[name].load()
    except StrategyRefused:
        raise
    except Exception as error:
        raise raised(f"the strategy {name}", "can't be imported", error) from None
    if not isinstance(found, type) or not issubclass(found, Strategy):
        raise StrategyRefused(f"the entry point {name} is not a class of worker.strategy.Strategy", FIX)
    module = sys.modules[found.__module__]
    text = inspect.getsource(module)
    if lint:
        clean(f"the strategy {name}", text, package=module.__name__.partition(".")[0])
    return Source(name, found, module, Path(str(module.__file__)), text, _package_digest(module), packaged=True)


def from_module(strategy: type[Strategy], module: types.ModuleType, file: Path) -> Source | None:
    """Return the source of a class that was imported from a strategy's file; None where that holds other things, too.

    It has the digest that a worker finds, which reads the file itself.
    """
    if module.__name__ == "__main__" or str(file) != getattr(module, "__file__", None):
        return None
    text = file.read_bytes()
    try:
        code = text.decode()
        if findings(code) or _strategy(file.name, module) is not strategy:
            return None
    except (StrategyRefused, ValueError):
        return None
    return Source(file.name, strategy, module, file, code, hashlib.sha256(text).hexdigest())


def _strategy(name: str, module: types.ModuleType) -> type[Strategy]:
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        names = ", ".join(each.__name__ for each in found) or "none"
        raise StrategyRefused(f"{name} must hold one class of worker.strategy.Strategy, and holds {names}", FIX)
    return found[0]


def clean(
    name: str, text: str, place: Callable[[int], str] = "line {}".format, file: Path | None = None, package: str = ""
) -> None:
    """Refuse what the lint finds, before any of it is run; `place` says where a line is.

    Raises:
        StrategyRefused: there is a fault, or the text is no Python.
    """
    try:
        found = findings(text, package)
    except (SyntaxError, ValueError) as error:
        raise raised(name, "can't be loaded", error, file) from None
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise StrategyRefused(
            f"{name}: {place(found[0].line)}: {found[0].message}{more}", "Every worker must decide alike"
        )


def _package_digest(module: types.ModuleType) -> str:
    top = importlib.import_module(module.__name__.partition(".")[0])
    if not hasattr(top, "__path__"):
        return hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for folder in sorted(map(Path, top.__path__)):
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()
