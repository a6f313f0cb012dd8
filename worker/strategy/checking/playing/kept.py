"""What a strategy's module keeps beside its state: texts of all that can change, to be compared."""

from __future__ import annotations

import ast
import sys
import types
from typing import Any

import numpy as np

from worker.strategy.describing.lint import findings
from worker.strategy.describing.source import Source

WRITTEN = " is written"
OF_CLASSES = ("__", "_abc", "model_")  # what Python and pydantic keep in a class


def kept(source: Source) -> dict[str, str]:
    """Return the names of a module with what they hold, those of its classes and functions too."""
    found: dict[str, str] = {}
    with np.printoptions(threshold=sys.maxsize):
        for name, value in list(vars(source.module).items()):
            if not name.startswith("__") and not isinstance(value, types.ModuleType):
                found |= dict(_held(name, value, source.module.__name__))
    return found


def _held(name: str, value: Any, module: str) -> list[tuple[str, str]]:
    if isinstance(value, types.FunctionType):
        cells = [_content(cell) for cell in value.__closure__ or ()]
        inside = (*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values(), *cells)
        return [(name, _text(each)) for each in (inside, vars(value)) if each]
    if isinstance(value, type):
        if value.__module__ != module:
            return []
        own = [pair for pair in vars(value).items() if not pair[0].startswith(OF_CLASSES)]
        return [pair for each, held in own for pair in _held(f"{name}.{each}", held, module)]
    if isinstance(value, staticmethod):
        return _held(name, value.__func__, module)
    return [(name, _text(value))]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _text(value: Any) -> str:
    try:
        if hasattr(value, "__next__"):
            return repr(value.__reduce__())
        inside = vars(value) if hasattr(value, "__dict__") else ""
        return f"{value!r} {inside!r}" if inside else repr(value)
    except Exception:
        return f"one {type(value).__name__}"


def line_of(name: str, source: Source) -> int | None:
    """Return the line that writes a name, else the one that defines it."""
    root = name.partition(".")[0]
    written = [found for found in findings(source.text) if WRITTEN in found.message]
    for found in written:
        if found.message.startswith(f"{root}{WRITTEN}"):
            return found.line
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.FunctionDef) and node.name == name.rpartition(".")[2]:
            inside = (found.line for found in written if node.lineno <= found.line <= (node.end_lineno or 0))
            return next(inside, node.lineno)
        if isinstance(node, ast.Name) and node.id == root and isinstance(node.ctx, ast.Store):
            return node.lineno
    return None
