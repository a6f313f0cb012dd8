"""A step that does not return ends the process with 75 and names symbol and bar; what only waits is left alone."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.examples import drawn
from tests.support.forks import ENGINE, Ended, Program, each_in_a_fork
from tests.support.strategies import HEAD
from worker.engine.bar import BAR
from worker.engine.pipeline import OUTPUT
from worker.engine.settings import engine_settings
from worker.engine.strategy.hooked import Observation
from worker.errors import ConfigError, Exit
from worker.settings import Settings
from worker.strategy.running.watchdog import UNPLAYED, Work, _Watched
from worker.stream.decisions import DecisionJob

ENDLESS = """        if c.bar.ts >= 1577840400000:  # the bar of 01:00
            x = 1.0
            while x > 0.0:
                x += 1.0
"""
IN_STEP = f"{HEAD}\nclass Own(Strategy):\n    def step(c):\n{ENDLESS}"
IN_OBSERVE = (
    f"{HEAD}\nclass Own(Strategy):\n    values = ('x',)\n\n    def observe(c):\n{ENDLESS}        c.out.x = 1.0\n"
    "\n    def step(c):\n        pass\n"
)
BARS = "symbol,timestamp,open,high,low,close,volume\n" + "".join(
    f"{symbol},{1577836800000 + 60_000 * minute},100,101,99,100,{1_000 + minute % 7}\n"
    for minute in range(70)
    for symbol in ("AAA", "BBB")
)
SECONDS = 240  # that a healthy machine never needs
COMMAND = "from worker.cli import main; main()"

PIPELINE = """
import os, sys
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from worker import DataPoint, RealTimePipeline

told, errors = Event(), []
pipeline = RealTimePipeline({"strategy": {"file": "own.py", "step_timeout_ms": 300}}, num_workers=1)
pipeline.add_callback("error", lambda error: (errors.append(error), told.set()))
pipeline.start()
for minute in range(70):
    at = datetime(2020, 1, 1) + timedelta(minutes=minute)
    pipeline.add_data_point(DataPoint("AAA", at, 100, 101, 99, 100, 1_000 + minute % 7))
assert told.wait(200)
print(errors[0].source, errors[0].symbol, errors[0].exception, len(errors), flush=True)
os._exit(0)
"""
# Each function and each mode; all pairs of them with EXAMPLES=long.
WHERE = {("step", "compiled"): IN_STEP, ("observe", "python"): IN_OBSERVE}
if drawn(0, 1):
    WHERE |= {("step", "python"): IN_STEP, ("observe", "compiled"): IN_OBSERVE}
IN_ONE_SET = """
class Own(Strategy):
    values = ("x",)

    class Parameters(Parameters):
        length: int = 1
        where: int = 0

    def observe(c):
        c.out.x = 1.0
        while c.p.where == 1 and c.p.length > 5 and c.bar.ts >= 1577840400000:
            c.out.x += 1.0

    def step(c):
        while c.p.where == 2 and c.p.length > 5 and c.bar.ts >= 1577840400000:
            c.order.bars += 1
"""
WITHOUT_OBSERVE = IN_ONE_SET.partition("    def observe")[0].replace('    values = ("x",)\n\n', "") + (
    "    def step" + IN_ONE_SET.partition("    def step")[2]
)
SETS = {
    (text, where, mode): function
    for text, where, function in ((WITHOUT_OBSERVE, 2, "step"), (IN_ONE_SET, 1, "observe"), (IN_ONE_SET, 2, "step"))
    for mode in ("compiled", "python")
}
SETS = {each: function for at, (each, function) in enumerate(SETS.items()) if drawn(0, 1) or at in (0, 3, 4)}


def command(folder: Path, text: str, *arguments: str, **more: str) -> Program:
    (folder / "own.py").write_text(text)
    (folder / "bars.csv").write_text(BARS)
    given = {"ALPHAPULSE_ENGINE__STRATEGY__STEP_TIMEOUT_MS": "300", **more}
    return Program(COMMAND, [*arguments, "bars.csv", "--interval", "1m", "--out", "out"], given, folder)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """How a backtest for each of WHERE, a sweep, one for each of SETS and a pipeline ended."""
    folder, programs = tmp_path_factory.mktemp, dict[str, Program]()
    for (function, mode), text in WHERE.items():
        own = {"ALPHAPULSE_ENGINE__STRATEGY__MODE": mode}
        programs[f"{function} {mode}"] = command(folder("one"), text, "backtest", "--strategy", "own.py", **own)
    home = folder("sweep")
    (home / "sweep.toml").write_text('[parameters]\n"decision.hold_score" = [0.05, 0.1]\n')
    own = {"ALPHAPULSE_ENGINE__STRATEGY__FILE": str(home / "own.py")}
    programs["sweep"] = command(home, IN_STEP, "sweep", "sweep.toml", "--workers", "2", **own)
    for at, (text, where, mode) in enumerate(SETS):
        home = folder("sets")
        (home / "sweep.toml").write_text(
            f'[parameters]\n"strategy.parameters.length" = [1, 3, 7, 4]\n"strategy.parameters.where" = [{where}]\n'
        )
        own = {"ALPHAPULSE_ENGINE__STRATEGY__MODE": mode, "ALPHAPULSE_ENGINE__STRATEGY__FILE": str(home / "own.py")}
        programs[f"sets {at}"] = command(home, HEAD + text, "sweep", "sweep.toml", "--workers", "2", **own)
    home = folder("pipeline")
    (home / "own.py").write_text(IN_STEP)
    programs["pipeline"] = Program(PIPELINE, cwd=home)
    return dict(zip(programs, each_in_a_fork(ENGINE, list(programs.values()), SECONDS), strict=True))


@pytest.mark.parametrize(("function", "mode"), WHERE)
def test_a_backtest_ends_and_says_where(function: str, mode: str, ended: dict[str, Ended]) -> None:
    done = ended[f"{function} {mode}"]
    assert done.code == Exit.TEMPORARY, done.err
    assert f"error: {function} of the strategy own has not returned at AAA, bar 2020-01-01T01:00:00Z" in done.err
    assert "after 0.3 s of CPU time" in done.err
    assert "  fix: Give each of its loops an end" in done.err
    line = next(at for at, each in enumerate(WHERE[function, mode].splitlines(), 1) if "x += 1.0" in each)
    assert (f", in line {line}" in done.err or f", in line {line - 1}" in done.err) == (mode == "python")


def test_a_sweep_ends_with_its_process(ended: dict[str, Ended]) -> None:
    done = ended["sweep"]
    assert done.code == Exit.TEMPORARY, done.err
    assert "step of the strategy own has not returned at AAA, bar 2020-01-01T01:00:00Z" in done.err
    assert "error: a process of the sweep has ended" in done.err


@pytest.mark.parametrize("at", range(len(SETS)))
def test_sets_that_play_side_by_side_end_with_the_one_at_fault(at: int, ended: dict[str, Ended]) -> None:
    (_, where, _), function = list(SETS.items())[at]
    done = ended[f"sets {at}"]
    assert done.code == Exit.TEMPORARY, done.err
    told = f"{function} of the strategy own has not returned at AAA, bar 2020-01-01T01:00:00Z, with length=7, "
    assert f"{told}where={where}, after 0.3 s" in done.err


def test_in_process_it_is_an_error_to_be_called_with(ended: dict[str, Ended]) -> None:
    done = ended["pipeline"]
    assert done.code == 0, done.err
    assert done.out.startswith("strategy AAA step of the strategy own has not returned at AAA, bar 2020-01-01T01:00")


def seen(statuses: list[int], accepted: list[bool] | None = None, column: list[float] | None = None) -> Observation:
    rows = len(statuses)
    outs, bars = np.zeros(rows, OUTPUT), np.zeros(rows, BAR)
    outs["said"]["intent"]["status"], outs["validation"]["accepted"] = statuses, accepted or [True] * rows
    bars["ts"] = np.arange(rows) * 60_000
    values = np.array(column or [0.0] * rows)[:, None]
    order = np.arange(rows)
    nothing: Any = np.zeros((1, 1))
    return Observation(
        order, order % 2, bars, outs, nothing, values, values, nothing, symbol=lambda frame: (b"A", b"B")[frame]
    )


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_the_row_in_work_is_the_first_that_has_not_said() -> None:
    work = Work("own", "own.py")
    for statuses, accepted, row in (
        ([1, 3, 0, 0], None, 2),
        ([1, 0, 0, 2], [True, False, True, True], 2),
        ([1, 2, 3, 4], None, None),
    ):
        work.begin(seen(statuses, accepted))
        assert work.batch is not None
        assert work.batch.row() == row


def test_the_row_that_observe_plays_is_the_last_that_has_begun() -> None:
    work = Work("own", "own.py")
    work.begin(seen([0] * 4, None, [1.0, np.nan, UNPLAYED, UNPLAYED]), 0)
    assert work.batch is not None
    assert work.batch.row() == 1


def test_only_cpu_time_at_one_row_counts_and_is_told_once() -> None:
    work = Work("own", "own.py")
    watched = _Watched(work, 0.05, lambda stuck: None)
    batch = seen([1, 0, 0])
    work.begin(batch)
    assert watched.look() is None
    time.sleep(0.1)  # as in a debugger, or while the process is stopped
    assert watched.look() is None
    burn(0.06)
    batch.outs["said"]["intent"]["status"][1] = 1
    assert watched.look() is None, "it is another row"
    burn(0.06)
    stuck = watched.look()
    assert stuck is not None
    assert (stuck.symbol, stuck.ts, stuck.function) == ("A", 120_000, "step")
    burn(0.06)
    assert watched.look() is None
    work.end()
    assert watched.look() is None


@pytest.mark.parametrize(("module", "is_told"), [("numba.core.typeinfer", False), ("somebody.numba", True)])
def test_a_kernel_that_is_compiled_is_no_step(module: str, is_told: bool) -> None:
    work, begun, done = Work("own", "own.py"), threading.Event(), threading.Event()
    watched = _Watched(work, 0.05, lambda stuck: None)
    names: dict[str, Any] = {"__name__": module}
    exec("def burn(begun, done):\n    begun.set()\n    while not done.is_set():\n        pass\n", names)

    def run() -> None:
        work.begin(seen([0]))
        names["burn"](begun, done)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        begun.wait()
        assert watched.look() is None
        assert work.batch is not None
        end = time.clock_gettime(work.batch.clock) + 0.06
        while time.clock_gettime(work.batch.clock) < end:
            time.sleep(0.001)
        assert (watched.look() is not None) == is_told
    finally:
        done.set()
        thread.join()


def test_it_must_end_before_the_session(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(IN_STEP)
    engine = engine_settings({"strategy": {"file": str(file), "step_timeout_ms": 10_000}})
    with pytest.raises(ConfigError, match=r"step_timeout_ms=10000 is not below processing\.session_timeout_ms=10000"):
        DecisionJob(engine, Settings())
