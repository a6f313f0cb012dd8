"""Processes compile part after part; one that fails, or is killed, ends all by a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from worker.engine.compiled.cache import KernelCache
from worker.errors import Exit, TryAgain
from worker.kernels import compiling
from worker.kernels.names import PARTS
from worker.kernels.state import complete, mark

CHILD = """
import os, signal, sys, time
folder = sys.argv[1]
for line in sys.stdin:
    part = line.strip()
    open(f"{folder}/{part}", "x").close()
    print("kernel")
    if part == sys.argv[2]:
        exec(sys.argv[3])
    print("kernel")
    print("part", flush=True)
"""


@pytest.fixture
def cache(tmp_path: Path) -> KernelCache:
    """An empty folder of kernels."""
    (tmp_path / "kernels").mkdir()
    return KernelCache(tmp_path / "kernels")


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A folder with a file for each part that was asked for."""
    (tmp_path / "asked").mkdir()
    return tmp_path / "asked"


def children(monkeypatch: pytest.MonkeyPatch, asked: Path, part: str = "", does: str = "") -> None:
    """Let processes that only say that they compile stand in for those that do; at a part one `does` something."""
    monkeypatch.setattr(compiling, "CHILD", (sys.executable, "-c", CHILD, str(asked), part, does))


@pytest.mark.parametrize("processes", [1, 2])
def test_each_part_is_asked_for_once_and_never_again(
    processes: int, cache: KernelCache, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children(monkeypatch, asked)
    told: list[int] = []
    assert compiling.compile_all(told.append, cache, processes) == 2 * len(PARTS)
    assert told == list(range(1, 2 * len(PARTS) + 1))
    assert {file.name for file in asked.iterdir()} == set(PARTS)
    assert complete(cache)
    assert compiling.compile_all(told.append, cache, processes) == 0


@pytest.mark.parametrize(
    ("does", "how"),
    [
        ("raise ValueError('no such type')", r"ended with exit code 1 \(ValueError: no such type\)"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by signal 9"),
        ("sys.exit(0)", "ended with exit code 0"),
    ],
)
def test_a_process_that_ends_early_is_a_sentence(
    does: str, how: str, cache: KernelCache, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children(monkeypatch, asked, "decide", does)
    with pytest.raises(TryAgain, match=f"a process that compiles the engine's part decide {how}") as caught:
        compiling.compile_all(lambda _: None, cache)
    assert caught.value.exit_code == Exit.TEMPORARY
    assert "it goes on where it stopped" in caught.value.fix
    assert not complete(cache)


def test_an_interrupt_leaves_no_process(cache: KernelCache, asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    children(monkeypatch, asked, "observe", "time.sleep(600)")
    ended: list[int | None] = []
    end = compiling._end

    def seen(child: compiling.Process) -> None:
        end(child)
        ended.append(child.returncode)

    def interrupt(count: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(compiling, "_end", seen)
    with pytest.raises(KeyboardInterrupt):
        compiling.compile_all(interrupt, cache, 2)
    assert len(ended) == 2
    assert -9 in ended
    assert not complete(cache)


def test_without_a_folder_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "CHILD", ("/nowhere",))
    assert compiling.compile_all(lambda _: None, KernelCache(None)) == 0


def test_other_sources_are_compiled_again(cache: KernelCache, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.folder is not None
    mark(cache.folder).touch()
    assert complete(cache)
    monkeypatch.setattr("worker.kernels.state.source_hash", lambda module: "0123456789abcdef")
    assert not complete(cache)
