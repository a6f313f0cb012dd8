"""What the crash has shown, as data and as text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from schemas.control import Control
from schemas.portfolio import Portfolio
from worker.demo.crash.market import clock
from worker.demo.crash.watch import Minute


@dataclass
class Crash:
    """The crash's figures, filled in as it goes on; the loss and the limits are fractions of the equity."""

    symbols: int
    positions: int  # before the crash
    opens_before: int
    block_limit: float
    kill_limit: float
    loss: float = 0.0  # of the day, at the step that passed the limits
    tripped_ts: int = 0  # close of the bar that passed them, epoch ms UTC
    bars_to_obey: int = 0  # from that bar to the first bar from which on every decision is under its limits
    bars_barred: int = 0  # from there to the acknowledgement
    opens_barred: int = 0  # in them
    opens_after: int = 0  # after the acknowledgement

    @property
    def holds(self) -> bool:
        """Whether opens stopped everywhere within two bars, and came again after the acknowledgement."""
        stopped = 0 < self.bars_to_obey <= 2 and self.bars_barred > 0 and self.opens_barred == 0
        return self.loss >= self.kill_limit and stopped and self.opens_after > 0

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for `--json`."""
        return asdict(self) | {"holds": self.holds}

    @property
    def text(self) -> str:
        """The crash in one sentence."""
        return (
            f"the day lost {self.loss:.1%}; the monitor (limits {self.block_limit:.1%}, {self.kill_limit:.1%}) stopped "
            f"all {self.symbols} symbols after {bars(self.bars_to_obey)}: {self.opens_barred} opens in "
            f"{bars(self.bars_barred)} until the acknowledgement, {self.opens_after} after it"
        )


def bars(count: int) -> str:
    """Format a number of bars."""
    return f"{count} bar" if count == 1 else f"{count} bars"


def orders(limits: Control | None) -> str:
    """Format what the monitor's limits for all symbols say."""
    if limits is None or (limits.allow_open and limits.kill == "none"):
        return "opens allowed"
    said = [] if limits.allow_open else ["allow_open=false"]
    return ", ".join(said if limits.kill == "none" else [*said, f"kill={limits.kill}"])


def line(ts: int, step: Portfolio, limits: Control | None, minute: Minute) -> str:
    """Format the minute of a close, epoch ms: what the monitor counts and says, and what the workers decide."""
    return (
        f"       {clock(ts)} UTC   day {step.equity.day_return:+.2%}   monitor: {orders(limits):<32}   "
        f"workers: {minute.opens} opens, {minute.refused} of {minute.decided} symbols barred"
    )
