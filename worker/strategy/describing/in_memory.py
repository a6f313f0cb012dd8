"""The strategy of a class that is in memory, as in a notebook: the source of all that it calls, as one text."""

from __future__ import annotations

import ast
import dis
import hashlib
import linecache
import math
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import worker.strategy as offered
from worker.strategy.declaring.declared import Strategy
from worker.strategy.describing.source import Source, clean, from_module
from worker.strategy.errors import FIX, StrategyRefused

FUTURE = 0x1FF0000  # the bits of `from __future__` among those of a code object
PLAIN = (bool, int, float, str, type(None))
TO_A_FILE = "Write the strategy to a file, and import it or name it in engine.strategy.file"


class _Part(NamedTuple):
    """A piece of source: what it defines, and the line of its file that it begins at, 0 for none."""

    name: str
    text: str
    line: int


def from_class(strategy: type[Strategy]) -> Source:
    """Return the strategy of a class. One that is imported from a strategy's file is that file, with its digest.

    Any other has the digest of its own source and of the functions and constants that it reads by name.

    Raises:
        StrategyRefused: it is no strategy, its source is not known or has changed, or it reads what no digest covers.
    """
    if not isinstance(strategy, type) or not issubclass(strategy, Strategy) or strategy is Strategy:
        raise StrategyRefused(f"{strategy!r} is no class that derives from worker.strategy.Strategy", FIX)
    name = strategy.__name__
    step = vars(strategy).get("step")
    step = step.__func__ if isinstance(step, staticmethod) else step
    if not isinstance(step, types.FunctionType):
        raise StrategyRefused(f"{name} has no step of its own", FIX)
    file, module = Path(step.__code__.co_filename), _module(strategy, step)
    tree = _tree(name, file)
    _unchanged(name, tree, strategy, file)
    of_file = from_module(strategy, module, file)
    if of_file is not None:
        return of_file
    own = _piece(_class(name, tree, step), file, name)
    others = sorted(_Reading(strategy, step.__globals__).parts())
    parts = [own, *others]
    text = "\n\n".join(part.text for part in parts) + "\n"
    clean(name, text, lambda line: _place(parts, line))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Source(name, strategy, module, file, text, digest)


def _module(strategy: type[Strategy], step: types.FunctionType) -> types.ModuleType:
    """Return the module of a class, or one with its names where it was run without one."""
    module = sys.modules.get(strategy.__module__)
    if module is not None and vars(module) is step.__globals__:
        return module
    module = types.ModuleType(strategy.__module__)
    vars(module).update(step.__globals__)
    return module


def _tree(name: str, file: Path) -> ast.Module:
    linecache.checkcache(str(file))
    lines = linecache.getlines(str(file))  # where IPython keeps the cells of a notebook
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        lines = []
    if not lines:
        raise StrategyRefused(f"the source of {name} is not known", TO_A_FILE)
    return tree


def _class(name: str, tree: ast.Module, step: types.FunctionType) -> ast.ClassDef:
    line = step.__code__.co_firstlineno
    around = (n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == name and _holds(n, line))
    found = max(around, key=lambda node: node.lineno, default=None)
    if found is None:
        raise StrategyRefused(f"the source of {name} is not known", TO_A_FILE)
    return found


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or 0)


def _piece(node: ast.stmt, file: Path, name: str) -> _Part:
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    lines = linecache.getlines(str(file))[first - 1 : node.end_lineno]
    return _Part(name, textwrap.dedent("".join(lines)).rstrip("\n"), first)


def _place(parts: list[_Part], line: int) -> str:
    """Return the piece and the line of its file for a line of the whole text."""
    for part in parts:
        length = part.text.count("\n") + 1
        if line <= length:
            return f"line {part.line + line - 1}" if part is parts[0] else part.name
        line -= length + 1
    return ""


def _unchanged(name: str, tree: ast.Module, strategy: type[Strategy], file: Path) -> None:
    """Refuse a class whose source is not what was run: its digest would be that of another strategy."""
    own = {each.__code__ for each in _functions(strategy)}
    flags = next(iter(own)).co_flags & FUTURE | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    compiled = list(_codes(compile(tree, str(file), "exec", flags, dont_inherit=True)))
    if not all(any(_same(code, each) for each in compiled) for code in own):
        raise StrategyRefused(f"the source of {name} has changed since it was run", "Run or import it again")


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _codes(each)


def _same(one: types.CodeType, other: types.CodeType) -> bool:
    alike = one.co_code == other.co_code and one.co_names == other.co_names and one.co_varnames == other.co_varnames
    if not alike or len(one.co_consts) != len(other.co_consts):
        return False
    return all(
        _same(a, b)
        if isinstance(a, types.CodeType) and isinstance(b, types.CodeType)
        else type(a) is type(b) and a == b
        for a, b in zip(one.co_consts, other.co_consts, strict=True)
    )


def _functions(strategy: type[Strategy]) -> list[types.FunctionType]:
    own = (each.__func__ if isinstance(each, staticmethod | classmethod) else each for each in vars(strategy).values())
    return [each for each in own if isinstance(each, types.FunctionType)]


class _Reading:
    """What the functions of a strategy read by name, and what that reads."""

    def __init__(self, strategy: type[Strategy], names: dict[str, Any]) -> None:
        self._strategy, self._names = strategy, names
        self._found: dict[str, _Part] = {}

    def parts(self) -> list[_Part]:
        """Return a piece of source for each.

        Raises:
            StrategyRefused: it is nothing that a digest covers.
        """
        for function in _functions(self._strategy):
            self._read(function)
        return list(self._found.values())

    def _read(self, function: types.FunctionType) -> None:
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        around = {name: cell.cell_contents for name, cell in cells}
        for name, value in {**_read_globals(function), **around}.items():
            if value is not self._strategy and name not in self._found:
                self._found[name] = _Part(name, "", 0)  # before its own: it may call itself
                self._found[name] = self._part(name, value)

    def _part(self, name: str, value: Any) -> _Part:
        if isinstance(value, types.ModuleType):
            return _Part(name, f"import {value.__name__} as {name}", 0)
        if (imported := _imported(value)) is not None:
            return _Part(name, f"from {imported} as {name}", 0)
        if _constant(value):
            return _Part(name, f"{name} = {value!r}", 0)
        if isinstance(value, types.FunctionType) and value.__globals__ is self._names:
            self._read(value)
            return _of_function(name, value)
        own, kind = self._strategy.__name__, type(value).__name__
        raise StrategyRefused(
            f"{own} reads {name}, of the kind {kind}, which its digest can't cover",
            "Give it numbers, text, tuples of them, or functions of the same notebook or module",
        )


def _read_globals(function: types.FunctionType) -> dict[str, Any]:
    read = {
        each.argval
        for code in _codes(function.__code__)
        for each in dis.get_instructions(code)
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    return {name: function.__globals__[name] for name in sorted(read) if name in function.__globals__}


def _imported(value: Any) -> str | None:
    """Return where a value can be imported from, as `math import sqrt`; None where it is no function of a library."""
    name = getattr(value, "__name__", None)
    if isinstance(value, PLAIN) or not isinstance(name, str):
        return None
    for module in (offered, math, np):
        if getattr(module, name, None) is value:
            return f"{module.__name__} import {name}"
    home = getattr(value, "__module__", "") or ""
    return f"{home} import {name}" if home in sys.stdlib_module_names or home.startswith("numpy") else None


def _constant(value: Any) -> bool:
    return type(value) in PLAIN or (type(value) is tuple and all(map(_constant, value)))


def _of_function(name: str, function: types.FunctionType) -> _Part:
    file = Path(function.__code__.co_filename)
    tree, line = _tree(name, file), function.__code__.co_firstlineno
    around = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function.__name__]
    found = max((n for n in around if _first(n) <= line <= (n.end_lineno or 0)), key=_first, default=None)
    if found is None:
        raise StrategyRefused(f"the source of {name} is not known", "Write it as a function: def")
    return _piece(found, file, name)


def _first(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])
