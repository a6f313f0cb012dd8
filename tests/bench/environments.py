"""Virtual environments of programs that are compared: made on first use in the cache folder, never of this project's.

What they hold has versions and terms of its own, and runs in processes of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.absent import Absent
from worker.paths import cache_dir

INSTALL_S = 900
WHOLE = "installed"  # written last: a virtual environment can't be renamed into its place


def folder_of(name: str) -> Path:
    """Where the environment of this name lies, for this version of Python."""
    return cache_dir() / "bench" / f"{name}-py{sys.version_info.major}{sys.version_info.minor}"


def interpreter(folder: Path) -> Path:
    """Its Python, whether it is there yet or not."""
    return folder / "bin" / "python"


def installed(folder: Path) -> bool:
    """Whether it is there, whole."""
    return (folder / WHOLE).is_file()


def make(folder: Path, *wanted: str) -> None:
    """Make it anew, with what `pip install` is given.

    Raises:
        Absent: no environment can be made, or a package can't be had.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(interpreter(folder)), "-m", "pip", "install", "--quiet", *wanted)
        (folder / WHOLE).touch()
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise Absent(f"{Path(wanted[-1]).name}: {said.strip().splitlines()[-1]}") from error


def _run(*command: str) -> None:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S, env=environment)
