"""Rolling code of a strategy's own, for what `ta` lacks: `observe(c)` with its `Memory`, from bars alone.

What it keeps belongs to the indicators: it is rebuilt where its code changes, and cleared where prices shift.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from worker.strategy.declaring.declared import Strategy
from worker.strategy.declaring.fields import NOTHING, state_record
from worker.strategy.describing.source import Source
from worker.strategy.errors import FIX, StrategyRefused

SEEN, WAS = "_seen", "_was_"  # of the record: whether there was a bar, and what was published at it
SOURCES = 64  # whose digests are remembered: a sweep asks for them once a set of parameters


class Rolling(NamedTuple):
    """A strategy's own rolling code."""

    observe: Callable[[Any], None]
    record: np.dtype[Any]  # of its memory, and what it published last
    published: tuple[str, ...]
    digest: str  # of all that its values depend on

    @property
    def words(self) -> int:
        """Return the float64 words that its memory takes of a symbol's."""
        return -(-self.record.itemsize // 8)


def rolling(source: Source) -> Rolling | None:
    """Return the rolling code of a strategy; None where it has none.

    Raises:
        StrategyRefused: a part of it is missing or malformed.
    """
    strategy, name = source.strategy, source.name
    published = strategy.values
    if not isinstance(published, tuple) or not all(isinstance(each, str) and _is_name(each) for each in published):
        raise StrategyRefused(f"{name}: values is a tuple of names, not {published!r}", 'Write ("one",) for one name')
    if strategy.observe is Strategy.observe:
        if published or strategy.Memory is not Strategy.Memory:
            raise StrategyRefused(f"{name} has values or Memory, and no observe", FIX)
        return None
    if not published:
        raise StrategyRefused(f"{name}: observe publishes nothing", 'Name what it publishes: values = ("one",)')
    memory = state_record(name, strategy.Memory, source.module)
    fields: list[Any] = [] if memory == NOTHING else [(field, memory[field]) for field in memory.names or ()]
    own = [*fields, (SEEN, "i8"), *((f"{WAS}{each}", "f8") for each in published)]
    digest = _digest(source.text, strategy.__name__, published)
    return Rolling(strategy.observe, np.dtype(own, align=True), published, digest)


def _is_name(text: str) -> bool:
    return text.isidentifier() and not text.startswith("_")


@lru_cache(SOURCES)
def _digest(source: str, strategy: str, published: tuple[str, ...]) -> str:
    """Return a digest of `observe` and of the functions and constants of the file that it needs, named or not.

    An edit of the step alone must throw no memory away.
    """
    tree = ast.parse(source)
    named: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            named[node.name] = node
        elif isinstance(node, ast.Assign):
            named |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            named[node.target.id] = node
    parts = [
        node
        for own in ast.walk(tree)
        if isinstance(own, ast.ClassDef) and own.name == strategy
        for node in own.body
        if getattr(node, "name", "") in ("observe", "Memory")
    ]
    seen: set[str] = set()
    for part in parts:  # it grows by what its parts name
        names = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)} & set(named) - seen
        seen |= names
        parts += [named[name] for name in sorted(names)]
    text = " ".join(ast.dump(part) for part in parts) + repr(published)
    return hashlib.sha256(text.encode()).hexdigest()
