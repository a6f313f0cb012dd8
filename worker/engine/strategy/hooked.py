"""What the engine needs of a loaded strategy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


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
    def params(self) -> NDArray[Any]:
        """Record of the parameters, shape (1,)."""
        ...

    @property
    def plan(self) -> str:
        """Fingerprint of the indicators: equal ones mean that `memory` means the same. Not of the rest of the code."""
        ...

    def migrate(self, old: dict[str, Any]) -> Mapping[str, Any] | None:
        """Return the fields of `own` for the fields of another version; None if the strategy does not say."""
        ...

    def raise_fatal(self) -> None:
        """Raise what a step met that must end the process (an interrupt, no memory left); called after `decide`."""
        ...

    def observe(
        self,
        order: NDArray[np.int64],
        slots: NDArray[np.int64],
        bars: NDArray[Any],
        outs: NDArray[Any],
        memory: NDArray[np.float64],
        values: NDArray[np.float64],
        was: NDArray[np.float64],
        instruments: NDArray[Any],
    ) -> None:
        """Advance the indicators of a batch in `order`, after `pipeline.observe` and before `pipeline.decide`.

        `slots[row]` is the row of `memory` (frames, words) and of `instruments`, negative for none. Only accepted rows
        count. At `outs["validation"]["shift"]` prices have another level: what was computed from earlier ones is void.
        Write `values` and `was` (rows, columns), those at this bar and at the one before, of each accepted row.
        """
        ...
