"""Commands end as other programs do where standard output takes nothing: no traceback, a code that says why."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO

import pytest

from worker.errors import Exit

COMMANDS = (
    "--help",
    "schema decision",
    "config",
    "models list --registry examples/models",
    "publish --simulate 3 --dry-run",
)
EACH = pytest.mark.parametrize("command", COMMANDS)


def run(command: str, stdout: int | IO[str]) -> tuple[int, str]:
    """Exit code and standard error."""
    words = [sys.executable, "-m", "worker", *command.split()]
    done = subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    return done.returncode, done.stderr


@EACH
def test_a_reader_that_has_gone_is_no_failure_to_tell(command: str) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        assert run(command, write) == (Exit.PIPE, "")
    finally:
        os.close(write)


@EACH
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux")
def test_a_full_device_is_told_in_a_sentence(command: str) -> None:
    with open("/dev/full", "w") as full:
        code, errors = run(command, full)
    assert code == Exit.CANT_CREATE
    assert errors.count("error: what is printed can't be used: the disk is full.") == 1
    assert "Traceback" not in errors


@pytest.mark.parametrize("command", ["--help", "schema decision"])  # text and bytes
def test_nowhere_is_a_place(command: str) -> None:
    assert run(command, subprocess.DEVNULL) == (Exit.OK, "")


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "config"])  # a longer table
def test_a_closed_output_is_nowhere(command: str) -> None:
    closed = ["sh", "-c", f'exec "$0" -m worker {command} >&-', sys.executable]
    done = subprocess.run(closed, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (Exit.OK, "")
