"""Two trees measured in turn on one machine, so that what slows one slows the other."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

TURNS = Path(__file__).with_name("turns.py")


class Turn(NamedTuple):
    """CPU seconds of one turn."""

    calibration: float
    engine: float  # decode and all stages
    encode: float

    @property
    def ratio(self) -> float:
        return (self.engine + self.encode) / self.calibration


class Pair(NamedTuple):
    """A turn of the baseline's code and one of today's, one behind the other."""

    before: Turn
    now: Turn

    @property
    def change(self) -> float:
        """Relative change of the time, positive when slower; each in units of its own calibration loop."""
        return self.now.ratio / self.before.ratio - 1.0


class Spread(NamedTuple):
    """Median and quartiles of the pairs' changes."""

    change: float
    low: float
    high: float


def spread(pairs: Sequence[Pair]) -> Spread:
    """What some pairs say together."""
    changes = [pair.change for pair in pairs]
    low, middle, high = statistics.quantiles(changes, n=4, method="inclusive") if len(changes) > 1 else changes * 3
    return Spread(middle, low, high)


class Side:
    """One tree's turns, in a process of its own."""

    def __init__(self, tree: Path, symbols: int, bars: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(TURNS), str(symbols), str(bars)],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.tree = tree

    def count(self) -> int:
        """Records of a turn; waits until the kernels are compiled."""
        return int(self._line())

    def turn(self) -> Turn:
        """Do one."""
        assert self._process.stdin is not None
        print(file=self._process.stdin, flush=True)
        return Turn(**json.loads(self._line()))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise RuntimeError(f"the turns of {self.tree} ended with {self._process.wait()}")
        return line


def measure(
    before: Path, now: Path, symbols: int, bars: int, repeats: int, say: Callable[[str], None]
) -> tuple[int, list[Pair]]:
    """(records a turn, pairs), the one first in one pair and the other in the next; the first pair is not counted."""
    sides: list[Side] = []
    try:
        say("compiling the baseline's code (about a minute the first time) ...")
        sides.append(Side(before, symbols, bars))
        counts = [sides[0].count()]
        say("compiling today's code ...")
        sides.append(Side(now, symbols, bars))
        counts.append(sides[1].count())
        if counts[0] != counts[1]:
            raise RuntimeError(f"the baseline's market has {counts[0]} records and today's {counts[1]}")
        pairs = []
        for at in range(repeats + 1):
            turns = {side: sides[side].turn() for side in ((0, 1) if at % 2 else (1, 0))}
            pairs.append(Pair(turns[0], turns[1]))
            said = "warming up" if not at else f"pair {at} of {repeats}: {pairs[-1].change:+.1%}"
            say(said)
        return counts[1], pairs[1:]
    finally:
        for side in sides:
            side.close()
