"""A step that does not return ends the process with 75 and names symbol and bar; what only waits is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
COMMAND = "from worker.cli import main; main()"
SECONDS = 240  # that a healthy machine never needs


def backtest(folder: Path, text: str, **more: str) -> subprocess.CompletedProcess[str]:
    return run(folder, text, ["backtest", "--strategy", "own.py"], **more)


def run(folder: Path, text: str, command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    (folder / "own.py").write_text(text)
    (folder / "bars.csv").write_text(BARS)
    given = {"ALPHAPULSE_ENGINE__STRATEGY__STEP_TIMEOUT_MS": "300", **more}
    called = [*command, "bars.csv", "--interval", "1m", "--out", "out"]
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *called],
        cwd=folder, env={**os.environ, **given}, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["compiled", "python"])
@pytest.mark.parametrize(("text", "function"), [(IN_STEP, "step"), (IN_OBSERVE, "observe")])
def test_a_backtest_ends_and_says_where(text: str, function: str, mode: str, tmp_path: Path) -> None:
    done = backtest(tmp_path, text, ALPHAPULSE_ENGINE__STRATEGY__MODE=mode)
    assert done.returncode == Exit.TEMPORARY, done.stderr
    assert f"error: {function} of the strategy own has not returned at AAA, bar 2020-01-01T01:00:00Z" in done.stderr
    assert "after 0.3 s of CPU time" in done.stderr
    assert "  fix: Give each of its loops an end" in done.stderr
    line = next(at for at, each in enumerate(text.splitlines(), 1) if "x += 1.0" in each)
    assert (f", in line {line}" in done.stderr or f", in line {line - 1}" in done.stderr) == (mode == "python")


def test_a_sweep_ends_with_its_process(tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text('[parameters]\n"decision.hold_score" = [0.05, 0.1]\n')
    file = {"ALPHAPULSE_ENGINE__STRATEGY__FILE": str(tmp_path / "own.py")}
    done = run(tmp_path, IN_STEP, ["sweep", "sweep.toml", "--workers", "2"], **file)
    assert done.returncode == Exit.TEMPORARY, done.stderr
    assert "step of the strategy own has not returned at AAA, bar 2020-01-01T01:00:00Z" in done.stderr
    assert "error: a process of the sweep has ended" in done.stderr


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


def test_in_process_it_is_an_error_to_be_called_with(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(IN_STEP)
    done = subprocess.run(
        [sys.executable, "-c", PIPELINE],
        cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("strategy AAA step of the strategy own has not returned at AAA, bar 2020-01-01T01:00")


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
