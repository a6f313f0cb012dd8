"""What the engine needs of a loaded strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.control import StrategySwitch
from worker.engine.stages.ingestion.extras import NO_EXTRAS


def _unnamed(row: int) -> bytes:
    return b""


class Part(NamedTuple):
    """Words of a symbol's memory; equal fingerprints mean that they mean the same."""

    fingerprint: str
    start: int
    words: int


class Observation(NamedTuple):
    """A batch, as a strategy's indicators see it: accepted rows in `order`, after `pipeline.observe`.

    `slots[row]` is the row of `memory` (frames, words) and of `instruments`, negative for none. At
    `outs["validation"]["shift"]` prices have another level: what was computed from earlier ones is void.
    """

    order: NDArray[np.int64]
    slots: NDArray[np.int64]
    bars: NDArray[Any]
    outs: NDArray[Any]
    memory: NDArray[np.float64]
    values: NDArray[np.float64]  # (rows, columns), to be written: at this bar
    was: NDArray[np.float64]  # the same, at the bar before
    instruments: NDArray[Any]
    extras: NDArray[np.float64] = NO_EXTRAS  # (rows, names that the strategy reads), NaN = not known
    symbol: Callable[[int], bytes] = _unnamed  # of a row of `memory`, for people


class Hooked(Protocol):
    """A strategy that is ready to be asked.

    What it answers at a bar depends on that symbol's bars up to it, on its own state and on the parameters alone.
    """

    @property
    def address(self) -> int:
        """Address of the C function `int64 step(carry*, instrument*, bar*, output*, values*, was*, own*, intent*, params*)`.

        The records are `layout.CARRY`, `bar.INSTRUMENT`, `bar.BAR`, `pipeline.OUTPUT`; `values` and `was` are `columns`
        float64; `own` is a record of `own`; `intent` is an `intent.INTENT` that says nothing yet; `params` is that of
        `params`. It writes to `own` and `intent` only, and returns an `intent.Status`.
        """  # noqa: E501 - the signature is one line
        ...

    @property
    def words(self) -> int:
        """Float64 words of indicator memory per symbol; all zero is a symbol without any bar."""
        ...

    @property
    def own(self) -> np.dtype[Any]:
        """Record of the user's own state per symbol; all zero at first."""
        ...

    @property
    def columns(self) -> int:
        """Indicator values per row."""
        ...

    @property
    def extra(self) -> tuple[str, ...]:
        """Names of the extra columns of ticks that it reads."""
        ...

    @property
    def params(self) -> NDArray[Any]:
        """Record of the parameters, shape (1,)."""
        ...

    @property
    def plan(self) -> str:
        """Fingerprint of the indicators: equal ones mean that `memory` means the same. Not of the rest of the code."""
        ...

    def rebuilding(self, interval_ms: int) -> int:
        """Return the bars of this interval that rebuild the indicators where their memory is lost; 0 = any number."""
        ...

    @property
    def parts(self) -> Sequence[Part]:
        """Parts of `memory` that go on under another plan which has them too."""
        ...

    @property
    def units(self) -> NDArray[np.float64]:
        """Power of the price factor by which each word of `memory` changes with the prices; NaN = bars rebuild it."""
        ...

    def split(self, own: NDArray[np.uint8], factor: float) -> None:
        """Bring a record of `own`, as bytes, to the price level of a corporate action, as the strategy says."""
        ...

    def migrate(self, old: dict[str, Any]) -> Mapping[str, Any] | None:
        """Return the fields of `own` for the fields of another version; None if the strategy does not say."""
        ...

    def deciding(self) -> None:
        """Note that the steps of the batch that `observe` has seen begin; `raise_fatal` ends them."""
        ...

    def raise_fatal(self) -> None:
        """Raise what a step met that must end the process (an interrupt, no memory left); called after `decide`."""
        ...

    def observe(self, seen: Observation) -> None:
        """Advance the indicators by a batch, before `pipeline.decide`; write its `values` and `was`."""
        ...


class Chosen(NamedTuple):
    """A strategy that a switch names, and the number of the settings with it in `output.voices`."""

    strategy: Hooked
    version: int
    voice: int


Find: TypeAlias = Callable[[StrategySwitch], Chosen]  # raises a ConfigError for one that this process has not
