"""The strategies of one engine: the configured one, and those that the journal's entries switch to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from schemas.control import StrategySwitch
from worker.engine.hooking import Hooking
from worker.engine.state.own import described
from worker.engine.state.symbols import Symbols
from worker.engine.strategy.hooked import Chosen, Find, Hooked, Part
from worker.errors import ConfigError

CONFIGURED = 0  # ordinal of no entry


class Shape(NamedTuple):
    """What the bytes that a strategy keeps of a symbol mean."""

    version: int
    fields: str
    own: np.dtype[Any]
    words: int
    plan: str
    parts: Sequence[Part]


class Variant(NamedTuple):
    """A strategy at work."""

    strategy: Hooked
    hooking: Hooking
    shape: Shape
    voice: int


class Variants:
    """Strategies by ordinal of the entry that brought them; 0 is the configured one."""

    def __init__(
        self, configured: Chosen, symbols: Symbols, find: Find | None = None, extra: tuple[str, ...] = ()
    ) -> None:
        """Begin with the configured one; `extra` names the columns of `Decoded.extras`."""
        self._find, self._extra = find, extra
        self._chosen = {CONFIGURED: configured}
        self.begin(symbols)

    def begin(self, symbols: Symbols) -> None:
        """Work on the states of other symbols, which are none yet."""
        self._symbols = symbols
        self._shapes: dict[int, Shape] = {}
        self._live: dict[int, Variant] = {}
        for ordinal, chosen in self._chosen.items():
            self._enter(ordinal, chosen)

    @property
    def switched(self) -> bool:
        """Whether any switch is known."""
        return len(self._shapes) > 1

    def switch(self, ordinal: int, choice: StrategySwitch | None) -> None:
        """Apply an entry of the journal: what it names, or the configured strategy again.

        Raises:
            ConfigError: this process has not what it names, or that refuses the parameters.
        """
        assert ordinal > max(self._shapes), "switches come in the order of the journal"
        if choice is None:
            chosen = self._chosen[CONFIGURED]
        elif self._find is None:
            raise ConfigError("a strategy can't be switched here", "Run it in a worker")
        else:
            chosen = self._find(choice)
        self._chosen[ordinal] = chosen
        self._enter(ordinal, chosen)

    def forget(self, ordinals: Sequence[int]) -> None:
        """Release the strategies of entries that no bar can meet; what states of theirs mean stays known."""
        for ordinal in ordinals:
            self._chosen.pop(ordinal, None)
            self._live.pop(ordinal, None)

    def live(self, ordinal: int) -> Variant | None:
        """Return a strategy that bars may meet."""
        return self._live.get(ordinal)

    def shape(self, ordinal: int) -> Shape:
        """Return what the bytes under an entry mean."""
        return self._shapes[ordinal]

    def all(self) -> list[Variant]:
        """Return the strategies that bars may meet."""
        return list(self._live.values())

    def _enter(self, ordinal: int, chosen: Chosen) -> None:
        strategy = chosen.strategy
        frames = self._symbols.frames
        frames.widen(strategy)
        assert frames.beside is not None
        own, words = strategy.own, strategy.words
        shape = Shape(chosen.version, described(own), own, words, strategy.plan, strategy.parts)
        self._shapes[ordinal] = shape
        self._live[ordinal] = Variant(strategy, Hooking(strategy, frames.beside, self._extra), shape, chosen.voice)
