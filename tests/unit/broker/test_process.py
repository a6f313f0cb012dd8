"""Process handles: never the wrong process, and children that don't outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.broker.process import Process, from_pid_file, identity, spawn, spawn_detached, write_pid_file

SLEEP = ["/bin/sleep", "60"]


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEP) as child:
        yield child
        child.kill()


def test_a_pid_file_leads_back_to_the_same_process(bystander: subprocess.Popen[bytes], tmp_path: Path) -> None:
    write_pid_file(tmp_path / "pid", Process(bystander.pid))
    found = from_pid_file(tmp_path / "pid")
    assert found is not None
    assert found.pid == bystander.pid
    assert found.running


def test_a_recycled_pid_is_not_taken_for_the_old_process(bystander: subprocess.Popen[bytes], tmp_path: Path) -> None:
    older = f"{identity(os.getpid())}"  # the same pid, another start time
    (tmp_path / "pid").write_text(f"{bystander.pid} {older}\n")
    assert from_pid_file(tmp_path / "pid") is None


@pytest.mark.parametrize("text", ["", "garbage", "12 x y", "abc def"])
def test_a_damaged_pid_file_names_no_process(text: str, tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(text)
    assert from_pid_file(tmp_path / "pid") is None


def test_a_zombie_counts_as_ended() -> None:
    child = subprocess.Popen(["/bin/true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended and not reaped
    assert identity(child.pid) is None
    child.wait()


def test_a_signal_to_an_ended_process_goes_nowhere(tmp_path: Path) -> None:
    child = spawn(["/bin/true"], tmp_path / "out", dict(os.environ))
    assert child.wait(10)
    child.send(signal.SIGTERM)


BUSY = """
import threading
begun = threading.Event()  # a start would wait for its turn behind all that are busy already
def work():
    begun.wait()
    while True: pass
for _ in range(40): threading.Thread(target=work).start()
begun.set()
print(flush=True)
"""


def test_a_frozen_process_stands_still_in_all_its_threads() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        Process(child.pid).freeze()
        threads = list(Path(f"/proc/{child.pid}/task").iterdir())
        states = {(thread / "stat").read_text().rpartition(")")[2].split()[0] for thread in threads}
        child.kill()
    assert (len(threads), states) == (41, {"T"})


def test_freezing_an_ended_process_returns(tmp_path: Path) -> None:
    child = spawn(["/bin/true"], tmp_path / "out", dict(os.environ))
    assert child.wait(10)
    child.freeze()


def test_a_child_dies_with_its_killed_parent(tmp_path: Path) -> None:
    script = (
        "import os, time; from pathlib import Path; from worker.broker.process import spawn\n"
        f"print(spawn({SLEEP!r}, Path({str(tmp_path / 'out')!r}), dict(os.environ)).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = Process(int(parent.stdout.readline()))
        assert child.running
        parent.kill()
    assert child.wait(10)


def test_a_detached_process_outlives_its_parent(tmp_path: Path) -> None:
    script = (
        "import os; from pathlib import Path; from worker.broker.process import spawn_detached\n"
        f"print(spawn_detached({SLEEP!r}, Path({str(tmp_path / 'out')!r}), dict(os.environ)).pid)"
    )
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)
    child = Process(int(done.stdout))
    assert child.running
    child.send(signal.SIGKILL)
    assert child.wait(10)


def test_output_of_the_child_is_kept(tmp_path: Path) -> None:
    for start in (spawn, spawn_detached):
        child = start(["/bin/sh", "-c", "echo out; echo err >&2; sleep 0.2"], tmp_path / start.__name__, {})
        assert child.wait(10)
        assert sorted((tmp_path / start.__name__).read_text().split()) == ["err", "out"]
