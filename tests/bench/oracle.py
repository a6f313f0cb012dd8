"""A library of others that answers in an environment of its own."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.bench import environments

Say = Callable[[str], None]


class Failed(Exception):
    """An oracle's program ended with an error; the text is the end of what it wrote."""


class Oracle(NamedTuple):
    """A library with pinned packages: no dependency of this project."""

    home: Path  # folder of its `requirements/` and `programs/`
    name: str
    shown: str
    takes: str  # how long its installation is

    @property
    def lock(self) -> Path:
        """Its packages, with their hashes."""
        return self.home / "requirements" / f"{self.name}.lock"

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
        file = self.home / "programs" / f"{program}.py"
        # Isolated: nothing of this project, or of the user, is in its way.
        command = [str(environments.interpreter(self.folder)), "-I", "-W", "ignore", str(file), *words]
        done = subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise Failed(f"{file.name} ended with {done.returncode} in {self.folder}")
        return done.stdout
