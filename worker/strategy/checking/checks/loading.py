"""Loading and compiling, as checks."""

from __future__ import annotations

import ast
import re
import time

from worker.strategy.checking.desk import Desk
from worker.strategy.checking.playing.watching import Unsaved, unsaved
from worker.strategy.checking.report import Fault, Found
from worker.strategy.declaring.fields import packed
from worker.strategy.errors import StrategyRefused
from worker.strategy.running.compiled import Compiled

LINE = re.compile(r"^(.*?)line (\d+): (.*)$", re.DOTALL)
FIELD = re.compile(r"'s (\w+) (?:is of no kind|has a value)|the parameter (\w+) ")
KEEP = "Keep numbers, text, and lists, dicts and sets of them"


def definition(desk: Desk) -> Found:
    """Load the strategy, and lay out what it declares."""
    try:
        desk.define()
    except StrategyRefused as error:
        return Found([refused(error, desk)])
    state = desk.definition.source.strategy.State
    if packed(state):
        try:
            unsaved(state())
        except Unsaved as error:
            text = f"a state that can't be stored is lost at a restart: {error}"
            return Found([Fault(text, _line_of_field(_text(desk), str(error)), KEEP)])
    return Found()


def compiling(desk: Desk) -> Found:
    """Compile the step, or load it from the cache of kernels."""
    if packed(desk.definition.source.strategy.State):
        return Found([], ["its state is a struct of msgspec: it runs in Python only"])
    if desk.settings.strategy.mode == "python":
        return Found([], ['engine.strategy.mode is "python": it is not compiled'])
    begun = time.perf_counter()
    try:
        desk.compiled = Compiled(desk.definition)
    except StrategyRefused as error:
        return Found([refused(error, desk)])
    return Found([], [f"{time.perf_counter() - begun:.1f} s"])


def refused(error: StrategyRefused, desk: Desk) -> Fault:
    """Return a refusal with its line apart."""
    found = LINE.match(error.message)
    if found:
        return Fault(f"{found[1]}{found[3]}", int(found[2]), error.fix)
    field = FIELD.search(error.message)
    named = next(filter(None, field.groups()), "") if field else ""
    return Fault(error.message, _line_of_field(_text(desk), named) if named else None, error.fix)


def _text(desk: Desk) -> str:
    try:
        return desk.subject.source().text
    except StrategyRefused:
        return ""


def _line_of_field(text: str, named: str) -> int | None:
    """Return the line of a class's field that a message names."""
    words = set(re.findall(r"\w+", named))
    for owner in ast.walk(ast.parse(text)):
        if isinstance(owner, ast.ClassDef) and owner.name in ("State", "Memory", "Parameters"):
            for node in owner.body:
                targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
                if any(isinstance(each, ast.Name) and each.id in words for each in targets):
                    return node.lineno
    return None
