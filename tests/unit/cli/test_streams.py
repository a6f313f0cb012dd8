"""Commands end as other programs do where standard output takes nothing: no traceback, a code that says why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from worker.errors import Exit

COMMANDS = (
    "--help",
    "schema decision",
    "config",
    "models list --registry examples/models",
    "publish --simulate 3 --dry-run",
)
FULL = "/dev/full"
EACH = pytest.mark.parametrize("command", COMMANDS)
# Each command in a process of its own that ends as one does; what they import is imported once, before.
PROGRAM = """
import gc, json, os, sys, tempfile
import rich.markdown, typer.rich_utils
import aiokafka, schemas.generate, worker.engine.settings, worker.models.listing, worker.settings
import worker.sources.simulation.simulator
from worker.cli import app, main
app._assemble()
gc.freeze()

def gone():
    read, write = os.pipe()
    os.close(read)
    return write

def opened(name):
    return gone() if name == "gone" else os.open(name, os.O_WRONLY)

ended = []
for command in json.loads(sys.argv[1]):
    for name in sys.argv[2:]:
        with tempfile.TemporaryFile() as errors:
            child = os.fork()
            if not child:
                if name == "closed":
                    os.close(1)
                    sys.stdout = sys.__stdout__ = None  # as an interpreter that begins so has it
                else:
                    os.dup2(opened(name), 1)
                os.dup2(errors.fileno(), 2)
                sys.argv = ["alphapulse", *command.split()]
                main()
            _, status = os.waitpid(child, 0)
            errors.seek(0)
            ended.append((command, name, os.waitstatus_to_exitcode(status), errors.read().decode()))
print(json.dumps(ended))
"""
Ended = Callable[[str, str], tuple[int, str]]


@pytest.fixture(scope="module")
def ended() -> Ended:
    """Exit code and standard error of each command at each output."""
    outputs = ["gone", "closed", os.devnull, *([FULL] if os.path.exists(FULL) else [])]
    program = [sys.executable, "-c", PROGRAM, json.dumps(COMMANDS), *outputs]
    done = subprocess.run(program, stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    found = {(command, name): (code, errors) for command, name, code, errors in json.loads(done.stdout)}
    return lambda command, name: found[command, name]


@EACH
def test_a_reader_that_has_gone_is_no_failure_to_tell(ended: Ended, command: str) -> None:
    assert ended(command, "gone") == (Exit.PIPE, "")


@EACH
@pytest.mark.skipif(not os.path.exists(FULL), reason="Linux")
def test_a_full_device_is_told_in_a_sentence(ended: Ended, command: str) -> None:
    code, errors = ended(command, FULL)
    assert code == Exit.CANT_CREATE
    assert errors.count("error: what is printed can't be used: the disk is full.") == 1
    assert "Traceback" not in errors


@EACH
def test_nowhere_is_a_place(ended: Ended, command: str) -> None:
    assert ended(command, os.devnull) == (Exit.OK, "")


@EACH
def test_a_closed_output_is_nowhere(ended: Ended, command: str) -> None:
    assert ended(command, "closed") == (Exit.OK, "")


def test_an_interpreter_that_begins_with_a_closed_output() -> None:
    closed = ["sh", "-c", 'exec "$0" -m worker schema decision >&-', sys.executable]
    done = subprocess.run(closed, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (Exit.OK, "")
