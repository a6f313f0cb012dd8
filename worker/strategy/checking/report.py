"""What a check has found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

Status = Literal["ok", "failed", "not run"]


class Fault(msgspec.Struct, frozen=True):
    """What is wrong: a sentence without a full stop, its line in the source where that is known, and what to do."""

    says: str
    line: int | None = None
    fix: str = ""

    @property
    def sentence(self) -> str:
        """Return the sentence with the line."""
        return self.says if self.line is None else f"line {self.line}: {self.says}"


class Found(NamedTuple):
    """What one check returns: faults, and remarks that are none."""

    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()


class Check(msgspec.Struct, frozen=True):
    """One check's result; `shows` is what it proves where it is ok."""

    name: str
    shows: str
    status: Status
    faults: list[Fault] = []
    notes: list[str] = []
    seconds: float = 0.0


class Warmth(msgspec.Struct, frozen=True):
    """The warm-up of one indicator, in bars of the symbol; None = not within the bars that were played."""

    name: str
    timeframe: str | None
    known: int | None
    settled: int | None  # equal to 1e-9 from then on, whichever bar it began at


class Figures(msgspec.Struct, frozen=True):
    """What is measured, not judged."""

    bars: int
    entries: int  # bars at which a position was ordered
    trades: int  # closed ones
    ns_bar: float | None  # of the engine with the compiled strategy
    ns_bar_python: float | None
    ns_bar_rules: float | None  # of the engine without a strategy
    bytes_indicators: int  # a symbol
    bytes_state: int
    warm_up: list[Warmth] = []
    blocks: dict[str, Any] = {}  # `engine.blocks.Blocks`


class Report(msgspec.Struct, frozen=True):
    """All checks of one strategy, in the order in which they ran."""

    name: str
    checks: list[Check]
    figures: Figures | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failed

    @property
    def failed(self) -> list[Check]:
        """Return the checks that found something."""
        return [check for check in self.checks if check.status == "failed"]
