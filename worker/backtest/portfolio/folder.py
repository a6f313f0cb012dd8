"""The files of a portfolio's run, and the record of an earlier one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import msgspec

from worker.backtest.parts import DECISIONS, REJECTIONS
from worker.backtest.portfolio.journal import lines, read_journal
from worker.backtest.portfolio.overseer import portfolio_of
from worker.backtest.portfolio.play import Moment, Recorded
from worker.errors import DataError

PORTFOLIO, JOURNAL, STATE = "portfolio.jsonl", "journal.jsonl", "risk_state.jsonl"
_FIX = "Give the folder of a --portfolio run"
_encode = msgspec.json.Encoder().encode


def read_recorded(folder: Path) -> Recorded:
    """Read the steps and the journal of a run.

    Raises:
        DataError: the folder has none, or they are damaged.
    """
    path = folder / PORTFOLIO
    try:
        steps = path.read_bytes().splitlines()
        if any(len(portfolio_of(line).cut) != 1 for line in steps):
            raise DataError(f"{path} is not of a backtest: it counts several partitions", _FIX)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", _FIX) from None
    except msgspec.DecodeError as error:
        raise DataError(f"{path} has no records of steps: {error}", _FIX) from None
    return Recorded(steps, read_journal(folder / JOURNAL))


class Files:
    """The files while they are written: lines in the order of the clock, and the monitor's last state."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._state, self._ts = folder, dict[str, bytes](), 0
        with ExitStack() as stack:
            self._decisions, self._rejections, self._portfolio, self._journal = (
                stack.enter_context((folder / name).open("wb")) for name in (DECISIONS, REJECTIONS, PORTFOLIO, JOURNAL)
            )
            self._stack = stack.pop_all()

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, moment: Moment) -> None:
        """Append what a moment adds."""
        self._decisions.write(b"".join(value + b"\n" for value in moment.decisions))
        self._rejections.write(moment.rejections)
        self._portfolio.write(b"".join(step.output.portfolio + b"\n" for step in moment.steps))
        self._journal.write(lines(moment.journal))
        for step in moment.steps:
            self._state.update(step.output.state)
            self._ts = step.portfolio.ts

    def close(self) -> None:
        """Write the state of the last step, as a recording of its topic, and close all."""
        with (self._folder / STATE).open("wb") as file:
            for key, value in sorted(self._state.items()):
                file.write(_encode({"ts": self._ts, "key": key, "value_base64": value}) + b"\n")
        self._stack.close()
