"""Which extra columns of ticks a strategy reads: `c.extra.x`, by name, in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from worker.strategy.describing.assigned import assigned
from worker.strategy.describing.source import Source
from worker.strategy.errors import StrategyRefused

EXTRA = "extra"
SOURCES = 64  # whose names are remembered: a sweep asks for them once a set of parameters


def extra_columns(source: Source) -> tuple[str, ...]:
    """Return the names that follow `c.extra`, or a name given to it, in the order of the alphabet.

    Raises:
        StrategyRefused: it is used in another way, so that the names are not known before it is run.
    """
    return _read(source.name, source.text)


@lru_cache(SOURCES)
def _read(name: str, text: str) -> tuple[str, ...]:
    names: set[str] = set()
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef) or not function.args.args:
            continue
        context = function.args.args[0].arg
        aliases = dict(_aliases(function, context))
        read = {id(node.value): node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
        for node in ast.walk(function):
            loaded = isinstance(node, ast.Name) and node.id in aliases.values() and isinstance(node.ctx, ast.Load)
            if not loaded and (not _is_extra(node, context) or id(node) in aliases):
                continue
            if id(node) not in read:
                raise StrategyRefused(
                    f"{name}: line {getattr(node, 'lineno', 0)}: c.extra is read by the names of its columns",
                    "Write c.extra.btc_close, and pass numbers on",
                )
            names.add(read[id(node)])
    return tuple(sorted(names))


def _is_extra(node: ast.AST, context: str) -> bool:
    named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == context
    return named and isinstance(node, ast.Attribute) and node.attr == EXTRA


def _aliases(function: ast.FunctionDef, context: str) -> Iterator[tuple[int, str]]:
    """Yield each `c.extra` that is given a name, by the id of its node, and that name."""
    for name, value in assigned(function):
        if _is_extra(value, context):
            yield id(value), name
