"""A notebook's cells, run as IPython runs them."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import types
from types import CodeType
from typing import Any

import pytest

TOP_LEVEL = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Notebook:
    """Its module is `__main__`, and its cells are where `linecache` finds them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module = types.ModuleType("__main__")
        self._count = 0
        self._patch = monkeypatch
        monkeypatch.setitem(sys.modules, "__main__", self.module)

    @property
    def names(self) -> dict[str, Any]:
        """What the cells have defined."""
        return vars(self.module)

    def run(self, source: str) -> None:
        """Run a cell without `await`."""
        exec(compile(self._named(source), self._name, "exec", dont_inherit=True), self.names)

    async def run_async(self, source: str) -> Any:
        """Run a cell, in which `await` may stand outside functions; return the value of its last expression."""
        tree = self._named(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        await self._evaluated(compile(tree, self._name, "exec", TOP_LEVEL, dont_inherit=True))
        if not isinstance(last, ast.Expr):
            return None
        return await self._evaluated(compile(ast.Expression(last.value), self._name, "eval", TOP_LEVEL))

    @property
    def _name(self) -> str:
        return f"<cell {self._count}>"

    def _named(self, source: str) -> ast.Module:
        self._count += 1
        kept = (len(source), None, source.splitlines(keepends=True), self._name)
        self._patch.setitem(linecache.cache, self._name, kept)
        return ast.parse(source)

    async def _evaluated(self, code: CodeType) -> Any:
        found = eval(code, self.names)
        return await found if code.co_flags & inspect.CO_COROUTINE else found
