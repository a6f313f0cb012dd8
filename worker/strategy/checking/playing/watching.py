"""An interpreted step under observation: where it is, what it raised, what it said at which line, what it kept."""

from __future__ import annotations

import ast
import mmap
import sys
import traceback
from collections.abc import Collection
from types import FrameType
from typing import Any, NamedTuple

import msgspec

from worker.engine.asking.intent import INTENT
from worker.strategy.declaring.fields import packed
from worker.strategy.describing.definition import Definition
from worker.strategy.running.interpreted import Interpreted, Order

PLACE_BYTES = 128
PRICES = ("stop", "target")  # which NaN leaves as they are, without a word


class Raised(NamedTuple):
    """An exception of a step."""

    text: str
    line: int | None


class Said(NamedTuple):
    """An answer as the step left it, with the lines at which its parts were set last, and what it was said of."""

    order: dict[str, Any]
    lines: dict[str, int]
    held: int  # side
    held_stop: float
    close: float


class Injected(Exception):
    """Thrown by a check, and no fault of the strategy."""


class Unsaved(Exception):
    """A state that can't be stored: the field, "" for the whole, and a sentence."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(says)
        self.field = field


class Watcher:
    """Takes the place of a definition's step; play one symbol at a time, so that a bar's time names it."""

    def __init__(self, definition: Definition, place: mmap.mmap | None = None, throw_at: Collection[int] = ()) -> None:
        self._definition, self._place, self._throw_at = definition, place, throw_at
        self.symbol = b""
        self.raised: dict[int, Raised] = {}  # by the bar's ts
        self.unseen: dict[int, Raised] = {}  # of observe
        self.said: dict[int, Said] = {}
        self.fractions: dict[str, tuple[int, Any]] = {}  # whole fields of the state that were given another number
        self.unknown: dict[str, tuple[int, int]] = {}  # prices that were set to NaN: the first ts, the line
        self._lines: dict[str, int] = {}
        self._order = _noting(Order, self._lines)
        self._whole = [] if definition.own.names is None else _whole(definition)
        self._packed: Any = definition.source.strategy.State if packed(definition.source.strategy.State) else None

    @property
    def text(self) -> str:
        """Return the source."""
        return self._definition.source.text

    @property
    def tags(self) -> tuple[str, ...]:
        """Return the names of its tags."""
        return self._definition.tags

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the names of its notes."""
        return self._definition.notes

    def strategy(self) -> Interpreted:
        """Return the strategy with this step, and an `observe` that is watched as well."""
        found = self._definition._replace(step=self.step)
        if found.rolling is not None:
            found = found._replace(rolling=found.rolling._replace(observe=self.observe))
        return Interpreted(found)

    def observe(self, c: Any) -> None:
        """Observe a bar."""
        assert self._definition.rolling is not None
        ts = c.bar.ts
        self._note_place(ts)
        try:
            self._definition.rolling.observe(c)
        except Exception as error:
            self.unseen[ts] = self._raised(error)
            raise

    def step(self, c: Any) -> None:
        """Take the step."""
        ts = c.bar.ts
        self._note_place(ts)
        self._lines.clear()
        c.order.notes = _Notes(c.order.notes, self._lines)
        c.order.__class__ = self._order
        try:
            self._definition.step(c)
            self._look_at(c.state, ts)
        except Exception as error:
            self.raised[ts] = self._raised(error)
            raise
        finally:
            order = {name: getattr(c.order, name) for name in INTENT.names or ()}
            position = c.position
            self.said[ts] = Said(order, dict(self._lines), position.side, position.stop, c.bar.close)
            c.order.__class__ = Order
            for name in PRICES:
                if name in self._lines and order[name] != order[name]:
                    self.unknown.setdefault(name, (ts, self._lines[name]))
        if ts in self._throw_at:
            raise Injected

    def _note_place(self, ts: int) -> None:
        if self._place is not None:
            self._place[:PLACE_BYTES] = f"{self.symbol.decode(errors='replace')} {ts}".encode().ljust(PLACE_BYTES)

    def _raised(self, error: Exception) -> Raised:
        source = self._definition.source
        if isinstance(error, Unsaved):
            return Raised(str(error), setting_line(source.text, error.field))
        return Raised(f"{type(error).__name__}: {error}".rstrip(": "), line_of(error, str(source.file)))

    def _look_at(self, state: Any, ts: int) -> None:
        """Raise what ends the bar when the state is stored; note what loses a fraction there.

        Raises:
            Unsaved: a value can't be saved.
        """
        if self._packed is not None:
            unsaved(state)
            size, room = len(msgspec.msgpack.encode(state)), self._definition.own["data"].itemsize
            if size > room:
                raise Unsaved("", f"the state takes {size:,} of {room:,} bytes: state_bytes is the limit")
            return
        for name in self._whole:
            value = getattr(state, name)
            for each in value if isinstance(value, list) else (value,):
                if isinstance(each, float) and not each.is_integer():
                    self.fractions.setdefault(name, (ts, each))


class _Notes(list[float]):
    """Notes that keep the line at which each is set, as the part `notes[i]`."""

    def __init__(self, notes: list[float], lines: dict[str, int]) -> None:
        super().__init__(notes)
        self._lines = lines

    def __setitem__(self, at: Any, value: Any) -> None:
        super().__setitem__(at, value)
        frame: FrameType | None = sys._getframe(1)
        if isinstance(at, int) and frame is not None:
            self._lines[f"notes[{at % len(self)}]"] = frame.f_lineno


def _whole(definition: Definition) -> list[str]:
    """Return the fields of the state that hold whole numbers."""
    own = definition.own
    return [name for name in own.names or () if name != "nothing" and own[name].base.kind == "i"]


def unsaved(state: Any) -> None:
    """Save and load a state of msgspec.

    Raises:
        Unsaved: a field can't be saved, or the whole not be loaded again.
    """
    for name in state.__struct_fields__:
        try:
            msgspec.msgpack.encode(getattr(state, name))
        except (TypeError, ValueError, OverflowError) as error:
            raise Unsaved(name, f"the state's {name} can't be saved: {error}") from None
    try:
        msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=type(state))
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise Unsaved("", f"the state can't be loaded again: {error}") from None


def setting_line(text: str, field: str) -> int | None:
    """Return the first line that sets an attribute of this name."""
    lines = [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr == field and isinstance(node.ctx, ast.Store)
    ]
    return min(lines, default=None)


def _noting(kind: Any, lines: dict[str, int]) -> type:
    """Return a class that notes the line at which each attribute is set."""

    def note(self: Any, name: str, value: Any) -> None:
        frame: FrameType | None = sys._getframe(1)
        lines[name] = 0 if frame is None else frame.f_lineno
        kind.__setattr__(self, name, value)

    return type(kind.__name__, (kind,), {"__slots__": (), "__setattr__": note})


def line_of(error: BaseException, file: str) -> int | None:
    """Return the last line of a file that an exception has passed."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return lines[-1] if lines else None
