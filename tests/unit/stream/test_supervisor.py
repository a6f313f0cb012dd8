"""The supervisor stops its members once, starts again those that ask for it, and never sleeps through a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from worker.errors import Exit
from worker.stream.supervisor import member_arguments

SUPERVISOR = """
import logging, sys
from worker.settings import load_settings
from worker.stream import supervisor
logging.basicConfig(level=logging.INFO)
supervisor.sys.executable, supervisor.RESTART_BACKOFF = sys.argv[1], float(sys.argv[3])
settings = load_settings({"processing": {"shutdown_timeout_ms": int(sys.argv[2])}})
raise SystemExit(supervisor.supervise(settings, 2, ["worker", "--processes", "2"]))
"""
# A member: does what the file of its index says, each line for one start.
MEMBER = """#!{python} -SE
import os, signal, sys, time
folder, port = {folder!r}, os.environ["ALPHAPULSE_OPS__PORT"]
mine = os.path.join(folder, str(int(port) - 7000))
signals = []
def told(number, frame):
    signals.append(number)
    open(mine + ".signals", "a").write(str(number) + chr(10))
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, told)
signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
starts = len(open(mine + ".starts").read().split()) if os.path.exists(mine + ".starts") else 0
open(mine + ".starts", "a").write("%d " % os.getpid())
plan = open(mine).read().split()
ends = plan[min(starts, len(plan) - 1)]
if ends == "ignore":
    while True:
        time.sleep(60)
if ends != "drain":
    os._exit(int(ends)) if int(ends) >= 0 else os.kill(os.getpid(), -int(ends))
while not signals:
    time.sleep(0.01)
time.sleep(0.3)
os._exit(0)
"""
Supervise = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    """Starts a supervisor of two members, each with a plan, in a session of its own."""
    running: list[subprocess.Popen[str]] = []

    def start(first: str, second: str, seconds: float = 20.0, pause: float = 0.1) -> subprocess.Popen[str]:
        member = tmp_path / "member"
        member.write_text(MEMBER.format(python=sys.executable, folder=str(tmp_path)))
        member.chmod(0o755)
        (tmp_path / "0").write_text(first)
        (tmp_path / "1").write_text(second)
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR, str(member), str(int(seconds * 1000)), str(pause)],
                env=os.environ | {"ALPHAPULSE_OPS__PORT": "7000"},
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def starts(folder: Path, index: int) -> list[int]:
    """Process ids of a member's starts."""
    file = folder / f"{index}.starts"
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []


def await_starts(folder: Path, *counts: int) -> None:
    """Wait until the members have started so often."""
    deadline = time.monotonic() + 30
    while [len(starts(folder, index)) for index in range(len(counts))] != list(counts):
        assert time.monotonic() < deadline, [starts(folder, index) for index in range(len(counts))]
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("group", [False, True])
def test_a_signal_drains_all_and_ends_with_0(
    supervise: Supervise, tmp_path: Path, number: signal.Signals, group: bool
) -> None:
    process = supervise("drain", "drain")
    await_starts(tmp_path, 1, 1)
    (os.killpg if group else os.kill)(process.pid, number)
    assert process.wait(20) == Exit.OK
    assert (tmp_path / "0.signals").read_text(), "the member was not told"


def test_a_pause_before_a_restart_does_not_hold_up_the_stop(supervise: Supervise, tmp_path: Path) -> None:
    process = supervise("75", "drain", pause=1.0)
    await_starts(tmp_path, 3, 1)  # the third start came after 1 s and 2 s, the next comes after 4 s
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == Exit.TEMPORARY, "what the first had begun is not committed"
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("end", ["75", "-9"])
def test_one_that_asks_for_it_is_started_again_while_the_other_goes_on(
    supervise: Supervise, tmp_path: Path, end: str
) -> None:
    process = supervise(f"{end} drain", "drain")
    await_starts(tmp_path, 2, 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == Exit.OK


def test_no_broker_ends_all_at_first_and_nobody_later(supervise: Supervise, tmp_path: Path) -> None:
    assert supervise("69", "drain").wait(20) == Exit.UNAVAILABLE
    for file in tmp_path.glob("*.*"):
        file.unlink()
    process = supervise("75 69 drain", "drain")
    await_starts(tmp_path, 3, 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == Exit.OK


def test_one_that_fails_for_good_stops_all(supervise: Supervise) -> None:
    assert supervise("drain", "65").wait(20) == Exit.DATA


def test_one_that_does_not_end_is_killed_at_the_deadline(supervise: Supervise, tmp_path: Path) -> None:
    process = supervise("ignore", "drain", seconds=1.0)
    await_starts(tmp_path, 1, 1)
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == Exit.TEMPORARY
    assert time.monotonic() - begun < 4
    with pytest.raises(ProcessLookupError):
        os.kill(starts(tmp_path, 0)[0], 0)


def test_a_member_gets_our_options_without_those_of_the_supervisor() -> None:
    given = ["worker", "-n", "3", "--group", "g", "--ops-port=8000", "--processes", "3"]
    assert member_arguments(given) == ["worker", "--group", "g"]
