"""What a strategy's file derives from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """Parameters of a strategy: int, float, bool, str or a Literal of one; part of the configuration's hash."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class State:
    """What a strategy keeps between bars, per symbol, by annotations; all zero at first."""


class _NoParameters(Parameters):
    pass


class _NoState(State):
    pass


class Strategy:
    """A strategy: `step(c)` is called at each bar at which all of `indicators(p)` are known.

    Neither takes `self`: between bars only `State` remains.
    """

    version: ClassVar[int] = 1
    tags: ClassVar[tuple[str, ...]] = ()  # what `c.order.tag` is the index of
    notes: ClassVar[tuple[str, ...]] = ()  # what `c.order.notes[i]` is the value of
    values: ClassVar[tuple[str, ...]] = ()  # what `observe` writes to `c.out`, and the step reads as `c.ind`
    state_bytes: ClassVar[int] = 1_024  # room for a `State` that is a struct of msgspec

    class Parameters(_NoParameters):
        """No parameters."""

    class State(_NoState):
        """Nothing."""

    class Memory(_NoState):
        """Nothing."""

    @staticmethod
    def observe(c: Any) -> None:
        """Compute what `ta` lacks, from bars alone: `c` has bar, ind, was, memory, out and p."""

    @staticmethod
    def indicators(p: Any) -> Mapping[str, Any]:
        """Return the indicators that the step reads, by name."""
        return {}

    @staticmethod
    def step(c: Any) -> None:
        """Say in `c.order` what is wanted at this close."""
        raise NotImplementedError
