"""Kernels that the package carries: `python -m worker.kernels.finished` compiles them for all targets of this machine.

They lie in the package that is run, a folder for each version of Python and target; in a folder with these sources,
Python runs those and no installed package. A wheel that is built of it afterwards holds them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from worker.engine.compiled.cache import FINISHED, platform_name
from worker.engine.compiled.target import VARIABLE, fixed


def main() -> None:
    """Compile and copy, target after target."""
    names = sys.argv[1:] or [target.name for target in fixed()]
    if not names:
        sys.exit("error: for this architecture there are no fixed targets")
    for name in names:
        make(name, FINISHED)


def make(target: str, into: Path) -> None:
    """Compile all kernels for a target into a folder below `into`.

    Raises:
        CalledProcessError: `alphapulse warmup` failed; it says why.
    """
    with tempfile.TemporaryDirectory() as cache:
        given = os.environ | {VARIABLE: target, "ALPHAPULSE_CACHE_DIR": cache}
        command = [sys.executable, "-m", "worker", "warmup", "--json"]
        done = subprocess.run(command, env=given, stdout=subprocess.PIPE, text=True, check=True)
        made, place = Path(json.loads(done.stdout)["cache"]), into / platform_name(target)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(made, place, ignore=shutil.ignore_patterns(".*", "strategies"))
    files = [file for file in place.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{place}: {sum(file.suffix == '.nbc' for file in files)} kernels, {size:.0f} MB")


if __name__ == "__main__":
    main()
