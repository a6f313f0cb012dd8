"""The lint, as a check: every fault of the source at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from worker.strategy.checking.report import Fault, Found
from worker.strategy.checking.subject import Subject
from worker.strategy.describing.lint import findings
from worker.strategy.describing.source import installed
from worker.strategy.errors import FIX, StrategyRefused

SAY = "Say it with a tag or a note: they stand in every decision"
ALIKE = "Every worker must decide alike: docs/strategies.md says what to write instead"


def lint(subject: Subject) -> Found:
    """Read the source, and run nothing.

    Raises:
        StrategyRefused: there is no such file or entry point.
    """
    text, package = _text(subject)
    try:
        found = findings(text, package)
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        return Found([Fault(f"it is no Python: {said}", line, FIX)])
    faults = [Fault(each.message, each.line, ALIKE) for each in found]
    return Found(sorted([*faults, *_printing(text)], key=lambda fault: fault.line or 0))


def _printing(text: str) -> Iterator[Fault]:
    """Yield the lines that name `print`; loading refuses none, since it helps who looks for a fault in Python."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id == "print" and isinstance(node.ctx, ast.Load):
            yield Fault("print() is no part of a decision, and fills what a worker writes", node.lineno, SAY)


def _text(subject: Subject) -> tuple[str, str]:
    """Return the source, and the package that it may import."""
    if subject.file is not None:
        return _read(subject.file), ""
    entry = installed().get(subject.name or "")
    if entry is None:
        names = ", ".join(sorted(installed())) or "none is installed"
        raise StrategyRefused(
            f"there is no file and no strategy {subject.name}", f"Check the path, or install its package ({names})"
        )
    top, _, rest = entry.module.partition(".")
    return _read(_file(entry.module, top, rest)), top


def _file(module: str, top: str, rest: str) -> Path:
    """Return the file of a module; importing its package would run it."""
    spec = find_spec(top)
    if spec is None or spec.origin is None:
        raise StrategyRefused(f"the package {top} can't be found", "Install it again")
    if not rest:
        return Path(spec.origin)
    for folder in spec.submodule_search_locations or ():
        path = Path(folder).joinpath(*rest.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
    raise StrategyRefused(f"the module {module} can't be found", "Install its package again")


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise StrategyRefused(f"{file} can't be read: {error.strerror}", "Check the path") from None
