"""Whether another process shows: other hash seed, other time, other time zone, other folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worker.strategy.checking.checks.same import NAMES
from worker.strategy.checking.desk import Desk
from worker.strategy.checking.playing.differences import sentence
from worker.strategy.checking.playing.play import PUBLISHED, Played
from worker.strategy.checking.report import Fault, Found
from worker.strategy.loading import Mode

FIX = "The order of sets, hash, id, random, clocks and the time zone are others there: use what `c` has"


def keep(desk: Desk, folder: Path) -> None:
    """Write what this process has played."""
    for mode in desk.modes:
        (folder / mode).write_bytes(desk.whole(mode).rows.tobytes())


def compare(desk: Desk, folder: Path) -> Found:
    """Compare with what another process has written."""
    for mode in desk.modes:
        rows = np.frombuffer((folder / mode).read_bytes(), PUBLISHED)
        text = _differs(desk, mode, Played(rows, {}))
        if text is not None:
            return Found([Fault(f"another process decides otherwise ({NAMES[mode]}): {text}", None, FIX)])
    return Found([], ["PYTHONHASHSEED 1 and 2"])


def _differs(desk: Desk, mode: Mode, other: Played) -> str | None:
    here = Played(desk.play(mode, desk.market).rows, {})
    return sentence(desk.market, other, here, "in one process", "in the other")
