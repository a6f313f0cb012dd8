"""Where a strategy comes from: a file, or an entry point of an installed package. Only what is named is imported."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import textwrap
import types
from collections.abc import Mapping
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
    digest: str
    whole: bool = True  # the digest covers all that it calls
    packaged: bool = False  # `name` is that of an entry point


def from_file(path: Path) -> Source:
    """Return the strategy of a file; each call makes a module of its own, so that it can be loaded in two ways.

    Raises:
        StrategyRefused: it can't be read or run, or does not hold exactly one strategy.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise StrategyRefused(f"{path} can't be read: {error.strerror}", "Check engine.strategy.file") from None
    code = text.decode("utf-8", "replace")
    _clean(path.name, code, path)
    digest = hashlib.sha256(text).hexdigest()
    module = types.ModuleType(f"alphapulse_strategy_{digest[:16]}")
    module.__file__ = str(path)
    # Not in `sys.modules` by its plain name: a file called as a library would hide it.
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, str(path), "exec"), vars(module))
    except StrategyRefused:
        raise
    except Exception as error:
        raise raised(path.name, "can't be loaded", error, path) from None
    return Source(path.name, _strategy(path.name, module), module, path, code, digest)


def installed() -> dict[str, EntryPoint]:
    """Return the strategies of installed packages by name; import nothing."""
    return {each.name: each for each in entry_points(group=GROUP)}


def from_package(name: str) -> Source:
    """Return the strategy of an entry point; its digest is over all modules of the package.

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
    _clean(f"the strategy {name}", text, None, module.__name__.partition(".")[0])
    return Source(name, found, module, Path(str(module.__file__)), text, _package_digest(module), packaged=True)


def from_class(strategy: type[Strategy]) -> Source:
    """Return the strategy of a class that is in memory, such as that of a notebook.

    Raises:
        StrategyRefused: its source is not known.
    """
    name = strategy.__name__
    try:
        text = textwrap.dedent(inspect.getsource(strategy))
    except (OSError, TypeError):
        raise StrategyRefused(f"the source of {name} is not known", "Write it to a file, and name that") from None
    module = sys.modules[strategy.__module__]
    beside = {each: value.__name__ for each, value in vars(module).items() if isinstance(value, types.ModuleType)}
    _clean(name, text, None, beside=beside)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Source(name, strategy, module, Path(inspect.getfile(strategy)), text, digest, whole=False)


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


def _clean(name: str, text: str, file: Path | None, package: str = "", beside: Mapping[str, str] | None = None) -> None:
    """Refuse what the lint finds, before any of it is run."""
    try:
        found = findings(text, package, beside or {})
    except (SyntaxError, ValueError) as error:
        raise raised(name, "can't be loaded", error, file) from None
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise StrategyRefused(
            f"{name}: line {found[0].line}: {found[0].message}{more}", "Every worker must decide alike"
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
