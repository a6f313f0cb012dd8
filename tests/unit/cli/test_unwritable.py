"""Where nothing can be written a command ends by one sentence and exit code 73, or goes on and says so."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from worker.broker import daemon
from worker.broker.jars import jar_folder
from worker.cli import app, compiling
from worker.engine import kernel
from worker.engine.compiled.cache import KernelCache, prepare_cache
from worker.errors import CannotCreate, Exit
from worker.export.write import writing
from worker.files import created


@pytest.fixture
def no_folder(tmp_path: Path) -> Path:
    """A path below a file: nobody, not even root, can make a folder there."""
    (tmp_path / "file").touch()
    return tmp_path / "file" / "folder"


def run(*given: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`alphapulse` in a process of its own."""
    program = [sys.executable, "-m", "worker", *given]
    return subprocess.run(
        program, capture_output=True, text=True, env=os.environ | environment, timeout=120, check=False
    )


def test_start_without_a_place_for_state_or_jars_is_a_sentence(tmp_path: Path, no_folder: Path) -> None:
    for variable, other in (("STATE_DIR", "CACHE_DIR"), ("CACHE_DIR", "STATE_DIR")):
        folders = {f"ALPHAPULSE_{variable}": str(no_folder), f"ALPHAPULSE_{other}": str(tmp_path / other)}
        done = run("broker", "start", "--port", "0", **folders)
        assert done.returncode == Exit.CANT_CREATE, done.stderr
        first, second = done.stderr.splitlines()
        assert first.startswith(f"error: {no_folder}")
        assert first.endswith("can't be written: Not a directory.")
        assert f"ALPHAPULSE_{variable}" in second


def test_stop_and_jars_too(no_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_STATE_DIR", str(no_folder))
    monkeypatch.setenv("ALPHAPULSE_CACHE_DIR", str(no_folder))
    monkeypatch.delenv("ALPHAPULSE_BROKER_JARS", raising=False)
    for work in (daemon.stop, jar_folder):
        with pytest.raises(CannotCreate, match="can't be written"):
            work()


@pytest.mark.parametrize("command", ["backtest", "train"])
def test_results_that_can_not_be_written(
    no_folder: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ((1_704_067_200_000 + 3_600_000 * n, 10 + n % 7) for n in range(400))
    bars = [f"{ts},{price},{price + 2},{price - 1},{price + 1},100" for ts, price in rows]
    file = no_folder.parents[1] / "x.csv"
    file.write_text("\n".join(["ts,open,high,low,close,volume", *bars]))
    option = {"backtest": ["--out"], "train": ["--folds", "2", "--kind", "logistic", "--registry"]}[command]
    monkeypatch.setattr(sys, "argv", ["alphapulse", command, str(file), "--interval", "1h", *option, str(no_folder)])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets its own
    app._assemble()
    assert app._run() == Exit.CANT_CREATE
    last = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(last) == 1
    assert "can't be written: Not a directory" in last[0]


def test_a_missing_folder_of_an_output_file_is_named(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    path = tmp_path / "no" / "such" / "x.parquet"
    with pytest.raises(CannotCreate) as caught, writing(path, "parquet", arrow.schema([])):
        pass
    assert caught.value.message == f"{path} can't be written: the folder {path.parent} does not exist"
    assert caught.value.fix == f"Create it: mkdir -p {path.parent}"


def test_a_full_disk_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(CannotCreate, match="the disk is full"), created(tmp_path / "x", "elsewhere"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(CannotCreate, match="some library's own words"), created(tmp_path / "x", "elsewhere"):
        raise OSError("some library's own words")


def test_a_real_full_device() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    full = Path("/dev/full")
    with pytest.raises(CannotCreate, match="the disk is full"), created(full, "elsewhere"):
        full.write_text("x")


@pytest.fixture
def homeless(no_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory that can't be made."""
    monkeypatch.setenv("ALPHAPULSE_CACHE_DIR", str(no_folder))
    return no_folder


def temporary(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another temporary directory."""
    monkeypatch.setattr("tempfile.tempdir", str(path))


def test_kernels_go_to_the_temporary_directory(homeless: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary(tmp_path, monkeypatch)
    found = prepare_cache()
    assert found.folder is not None
    assert found.folder.is_relative_to(tmp_path / f"alphapulse-kernels-{os.getuid()}")
    assert str(homeless) in found.refused
    assert "Not a directory" in found.refused


def test_what_is_compiled_already_is_taken_along_and_can_be_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPHAPULSE_CACHE_DIR", str(tmp_path / "cache"))
    home = prepare_cache().folder
    assert home is not None
    (home / "0123" / "part").mkdir(parents=True)
    (home / "0123" / "part" / "f.nbi").write_bytes(b"compiled")
    for folder in (home / "0123" / "part", home / "0123", home):
        folder.chmod(0o555)
    temporary(tmp_path, monkeypatch)
    # Root may write all the same, so the refusal itself is made here.
    monkeypatch.setattr("worker.engine.compiled.cache._refused", lambda folder: "read-only" * (folder == home))
    found = prepare_cache().folder
    assert found is not None
    assert (found / "0123" / "part" / "f.nbi").read_bytes() == b"compiled"
    assert (found / "0123" / "part").stat().st_mode & 0o200
    (found / "0123" / "part" / "f.nbi").write_bytes(b"newer")
    assert prepare_cache().folder == found
    assert (found / "0123" / "part" / "f.nbi").read_bytes() == b"newer"


def _link(path: Path) -> None:
    path.symlink_to(path.parent)


def _open_to_all(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


def _file(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize("make", [_link, _open_to_all, _file])
def test_a_folder_that_others_could_have_made_is_not_trusted(
    homeless: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    make(tmp_path / f"alphapulse-kernels-{os.getuid()}")
    temporary(tmp_path, monkeypatch)
    found = prepare_cache()
    assert found.folder is None
    assert str(homeless) in found.refused


@pytest.fixture
def caches(monkeypatch: pytest.MonkeyPatch) -> Callable[[KernelCache], str]:
    """What is told of a cache."""

    def told(cache: KernelCache) -> str:
        monkeypatch.setattr(kernel, "CACHE", cache)
        return compiling.sentence()

    return told


def test_where_kernels_are_compiled_is_told(caches: Callable[[KernelCache], str]) -> None:
    assert "into /home/cache, once per version and kind of CPU" in caches(KernelCache(Path("/home/cache")))
    elsewhere = caches(KernelCache(Path("/tmp/x"), "/home/cache can't be written (Read-only file system)"))
    assert "into /tmp/x: /home/cache can't be written (Read-only file system)." in elsewhere
    nowhere = caches(KernelCache(None, "/home/cache can't be written (Read-only file system)"))
    assert "at every start: /home/cache can't be written" in nowhere
    for text in (elsewhere, nowhere):
        assert "Set ALPHAPULSE_CACHE_DIR" in text


COMPILES = """
from worker.cli.compiling import announce
announce()
from worker.engine.rounding import significant
print(significant(1.2345, 3))
"""


def test_without_any_place_kernels_run_all_the_same(tmp_path: Path, no_folder: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text("import tempfile\ntempfile.tempdir = '/nowhere'\n" + COMPILES)
    given = os.environ | {"ALPHAPULSE_CACHE_DIR": str(no_folder), "PYTHONPATH": str(kernel.ROOT)}
    done = subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, env=given, timeout=120, check=True
    )
    assert done.stdout == "1.23\n"
    assert done.stderr.count("at every start") == 1
