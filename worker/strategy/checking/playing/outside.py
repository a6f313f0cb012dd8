"""A strategy whose every look at something else than its bars is noted: clock, chance, files, the machine's library.

The lint reads the source; this runs it, so that a name by another way is found too.
"""

from __future__ import annotations

import ast
import builtins
import datetime
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from worker.strategy.describing.lint import ADDING, BUILTINS, CLOCKS, OF_LIBRARY, READING
from worker.strategy.describing.source import Source

LIBRARY = "takes the machine's library"
REASONS: dict[str, dict[str, str]] = {
    "math": dict.fromkeys(OF_LIBRARY, LIBRARY),
    "numpy": {
        **dict.fromkeys(OF_LIBRARY, LIBRARY),
        **dict.fromkeys(ADDING, "adds in an order of its own"),
        **dict.fromkeys(READING, "reads what only this worker has"),
    },
}
# Modules of which each function is one look too many.
WHOLE = {
    "time": "is another number at each run",
    "random": "is another number at each run",
    "numpy.random": "is another number at each run",
    "numpy.linalg": "adds in an order of its own",
    "secrets": "is another number at each run",
    "uuid": "is another number at each run",
    "os": "depends on the machine",
    "socket": "depends on the network",
}
EVENTS = ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.listdir", "os.scandir")
POWER = "_alphapulse_power"


class Looks:
    """What was noted: sentences by line."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.seen: dict[tuple[int, str], None] = {}

    def note(self, text: str, again: bool = True) -> None:
        """Note a look from the innermost line of the strategy's file; none, if that is not running.

        Without `again` none either, if something of this line was noted.
        """
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self.file:
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return  # an import reads files
            frame = frame.f_back
        if frame is not None and (again or frame.f_lineno not in {line for line, _ in self.seen}):
            self.seen.setdefault((frame.f_lineno, text))


_listening: list[Looks] = []
_hooked: list[bool] = []


def watched(source: Source, looks: Looks) -> Source:
    """Return the source run anew, with what it imports and calls under observation."""
    tree = _Powers().visit(ast.parse(source.text))
    names = vars(source.module)
    names["__builtins__"] = _builtins(looks)
    names[POWER] = _power(looks)
    exec(compile(ast.fix_missing_locations(tree), looks.file, "exec"), names)
    return source._replace(strategy=names[source.strategy.__name__])


@contextmanager
def listening(looks: Looks) -> Iterator[None]:
    """Note the files, connections and processes that the strategy's code opens meanwhile."""
    if not _hooked:
        sys.addaudithook(_heard)  # for the rest of the process; it does nothing outside this context
        _hooked.append(True)
    _listening.append(looks)
    try:
        yield
    finally:
        _listening.pop()


def _heard(event: str, given: tuple[Any, ...]) -> None:
    if _listening and event in EVENTS:
        about = f" of {given[0]}" if given and isinstance(given[0], str) else ""
        _listening[-1].note(f"{event}{about}: only this worker has that", again=False)


class _Powers(ast.NodeTransformer):
    """Lets a function take each power."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Pow):
            return node
        call = ast.Call(ast.Name(POWER, ast.Load()), [node.left, node.right], [])
        return ast.copy_location(call, node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Pow) or not isinstance(node.target, ast.Name):
            return node
        call = ast.Call(ast.Name(POWER, ast.Load()), [ast.Name(node.target.id, ast.Load()), node.value], [])
        return ast.copy_location(ast.Assign([node.target], ast.copy_location(call, node)), node)


def _power(looks: Looks) -> Callable[[Any, Any], Any]:
    def power(base: Any, exponent: Any) -> Any:
        result = base**exponent
        if not isinstance(result, int):
            looks.note(f"** {LIBRARY}")
        return result

    return power


def _builtins(looks: Looks) -> dict[str, Any]:
    names = dict(vars(builtins))
    for name, why in BUILTINS.items():
        if name != "__import__":
            names[name] = _noted(names[name], f"{name}() {why}", looks)

    def imported(name: str, *given: Any, **more: Any) -> Any:
        return _module(builtins.__import__(name, *given, **more), looks)

    names["__import__"] = imported
    return names


def _module(module: Any, looks: Looks) -> Any:
    name = getattr(module, "__name__", "")
    return _Watched(module, looks) if name in (*REASONS, *WHOLE, "datetime") else module


def _noted(function: Any, text: str, looks: Looks) -> Any:
    def call(*given: Any, **more: Any) -> Any:
        looks.note(text)
        return function(*given, **more)

    return call


class _Watched:
    """A module whose functions note that they are called."""

    def __init__(self, module: types.ModuleType, looks: Looks) -> None:
        self._module, self._looks = module, looks
        self.__all__ = [name for name in dir(module) if not name.startswith("_")]

    def __getattr__(self, attribute: str) -> Any:
        module, looks = self._module, self._looks
        name, value = module.__name__, getattr(self._module, attribute)
        if isinstance(value, types.ModuleType):
            return _module(value, looks)
        if name == "datetime" and isinstance(value, type):
            return _dated(value, looks)
        why = WHOLE.get(name) or REASONS.get(name, {}).get(attribute)
        if why is None or not callable(value) or isinstance(value, type):
            return value
        return _noted(value, f"{name}.{attribute} {why}", looks)


def _dated(kind: Any, looks: Looks) -> Any:
    """Return a class of datetime whose clocks are noted, and what depends on the machine's time zone."""
    if kind not in (datetime.datetime, datetime.date):
        return kind
    names: dict[str, Any] = {}
    for clock in CLOCKS:
        if hasattr(kind, clock):
            names[clock] = _noted(getattr(kind, clock), f"{kind.__name__}.{clock}: the bar's time is the clock", looks)

    def from_timestamp(cls: Any, *given: Any, **more: Any) -> Any:
        if len(given) < 2 and more.get("tz") is None:
            looks.note(f"{kind.__name__}.fromtimestamp without a time zone takes the machine's")
        return kind.fromtimestamp(*given, **more)

    names["fromtimestamp"] = classmethod(from_timestamp)
    return type(kind.__name__, (kind,), names)
