"""The oracles: where they are installed, and what they say."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.bench import environments
from tests.bench.strategies.cases import BEGIN, BUDGET, FEE, Case
from tests.bench.strategies.markets import series
from tests.bench.strategies.trades import Trade

HERE = Path(__file__).parent
Say = Callable[[str], None]


class Failed(Exception):
    """An oracle's program ended with an error; the text is the end of what it wrote."""


class Oracle(NamedTuple):
    """A library of others in an environment of its own, with pinned packages: no dependency of this project."""

    name: str
    shown: str
    takes: str  # how long its installation is

    @property
    def lock(self) -> Path:
        """Its packages, with their hashes."""
        return HERE / "requirements" / f"{self.name}.lock"

    @property
    def folder(self) -> Path:
        """Its environment; other packages have another one."""
        return environments.folder_of(f"{self.name}-{hashlib.sha256(self.lock.read_bytes()).hexdigest()[:12]}")

    def install(self, say: Say) -> None:
        """Make its environment if there is none.

        Raises:
            Absent: a package can't be had, or is not the pinned one.
        """
        if not environments.installed(self.folder):
            say(f"installing {self.shown} and what it needs into {self.folder} ({self.takes})")
            environments.make(self.folder, "--require-hashes", "--requirement", str(self.lock))

    def run(self, program: str, *words: str, given: str = "") -> str:
        """Run one of `programs/` and return what it printed; it tells its progress on the error stream.

        Raises:
            Failed: it ended with an error.
        """
        file = HERE / "programs" / f"{program}.py"
        # Isolated: nothing of this project, or of the user, is in its way.
        command = [str(environments.interpreter(self.folder)), "-I", "-W", "ignore", str(file), *words]
        done = subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise Failed(f"{file.name} ended with {done.returncode} in {self.folder}")
        return done.stdout


BACKTESTING = Oracle("backtesting", "backtesting.py 0.6.6 (AGPL-3.0) with TA-Lib 0.8.2", "15 seconds, 200 MB")
VECTORBT = Oracle(
    "vectorbt", "vectorbt 1.2.0 with its Rust engine (Apache-2.0 with Commons Clause)", "1 to 2 minutes, 700 MB"
)


def trades_of(oracle: Oracle, program: str, cases: Sequence[Case]) -> dict[str, list[Trade]]:
    """Its trades of each case, by the case's name.

    Raises:
        Failed: it ended with an error.
    """
    given = json.dumps([[case.rule, case.market, BEGIN, case.units, BUDGET, FEE] for case in cases])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "series.npz"
        bars: dict[str, Any] = {case.market: series(case.market) for case in cases}
        np.savez(file, **bars)
        found = json.loads(oracle.run(program, str(file), given=given))
    return {name: [Trade(*row) for row in rows] for name, rows in found.items()}
