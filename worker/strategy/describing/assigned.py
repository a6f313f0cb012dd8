"""The assignments of a function, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def assigned(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that is assigned, and the expression; `a, b = x, y` is two assignments."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            for name, value in pairs:
                if isinstance(name, ast.Name):
                    yield name.id, value
