"""Runs programs with a deadline and shows their output when they fail."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path


class CommandError(Exception):
    """A program ended with another status than 0 or ran past its deadline."""


def run(*command: str | Path, timeout: float = 60, env: Mapping[str, str] | None = None) -> str:
    """What `command` prints, stripped; `env` is added to this process's environment.

    Raises:
        CommandError: a status other than 0 or `timeout` seconds over; the message ends with the program's output.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=timeout, env={**os.environ, **(env or {})}, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"`{' '.join(words)}` ran longer than {timeout:.0f} s\n{_text(error.stdout)}") from None
    if done.returncode:
        raise CommandError(f"`{' '.join(words)}` ended with {done.returncode}\n{_tail(done.stdout + done.stderr)}")
    return done.stdout.strip()


def docker(*arguments: str | Path, timeout: float = 60) -> str:
    """What `docker ARGUMENTS` prints."""
    return run("docker", *arguments, timeout=timeout)


def answers(*command: str, timeout: float = 20) -> bool:
    """Whether `command` exists and ends with status 0."""
    try:
        run(*command, timeout=timeout)
    except (CommandError, FileNotFoundError):
        return False
    return True


def install(program: str, package: str) -> None:
    """Install Debian's `package` unless `program` is there.

    Raises:
        CommandError: it is not there and cannot be installed from here.
    """
    if shutil.which(program):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise CommandError(f"`{program}` is missing: install it (on Debian as root: apt-get install {package})")
    _update_package_lists()
    apt = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)
    run(*apt, timeout=180, env={"DEBIAN_FRONTEND": "noninteractive"})


@cache
def _update_package_lists() -> None:
    run("apt-get", "update", "-qq", timeout=120)


def _text(output: bytes | str | None) -> str:
    return _tail(output.decode(errors="replace") if isinstance(output, bytes) else output or "")


def _tail(output: str) -> str:
    return "\n".join(output.splitlines()[-40:])
