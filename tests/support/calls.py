"""What functions of a module call, read from its source: through the module's own functions and methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from tests.support.house import ROOT, name_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(file: Path) -> ast.Module:
    """The syntax of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def functions(file: Path) -> Mapping[str, Function]:
    """Functions of a module by name, methods as `Class.method`."""
    found: dict[str, Function] = {}
    for node in tree(file).body:
        if isinstance(node, Function):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}": each for each in node.body if isinstance(each, Function)}
    return found


@cache
def names(file: Path) -> frozenset[str]:
    """Everything that a module or one of its classes defines."""
    found = set(functions(file))
    for node in tree(file).body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
            found |= {f"{node.name}.{each}" for part in node.body for each in _targets(part)}
        found |= set(_targets(node))
    return frozenset(found)


def _targets(node: ast.stmt) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    yield from (target.id for target in targets if isinstance(target, ast.Name))


def called(file: Path, start: str) -> set[str]:
    """Names that a function, or any method of a class, calls, itself or through what else the module defines."""
    known = functions(file)
    waiting = [name for name in known if name == start or name.startswith(f"{start}.")]
    seen, found = set(waiting), set[str]()
    while waiting:
        name = waiting.pop()
        own = name.rpartition(".")[0]
        for node in ast.walk(known[name]):
            if isinstance(node, ast.Call):
                call, here = _called(node.func)
                found.add(call)
                inside = f"{own}.{call}" if here else call
                if inside in known and inside not in seen:
                    seen.add(inside)
                    waiting.append(inside)
    return found


def _called(function: ast.expr) -> tuple[str, bool]:
    """The name of what is called, and whether it is a method of the same object."""
    if isinstance(function, ast.Attribute):
        return function.attr, isinstance(function.value, ast.Name) and function.value.id == "self"
    return (function.id, False) if isinstance(function, ast.Name) else ("", False)


def imported(file: Path) -> dict[str, str]:
    """Names that a module imports from our packages, and the module that defines each."""
    module = import_module(name_of(file))
    found: dict[str, str] = {}
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("worker", "schemas"):
            for alias in node.names:
                name = alias.asname or alias.name
                found[name] = getattr(getattr(module, name, None), "__module__", None) or str(node.module)
    return found


def knows(file: Path, other: Path, name: str) -> bool:
    """Whether a module may call `name` of another: it imports from there, or a protocol that declares it."""
    modules = set(imported(file).values())
    if name_of(other) in modules:
        return True
    protocols = [ROOT / f"{module.replace('.', '/')}.py" for module in modules]
    return any(each.endswith(f".{name}") for path in protocols if path.is_file() for each in names(path))
