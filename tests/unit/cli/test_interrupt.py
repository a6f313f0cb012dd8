"""A signal ends each command without a traceback, at whatever moment it comes; a worker with 0."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.support.examples import chosen
from worker.broker.ports import free_port
from worker.errors import Exit

# Sends itself a signal at the n-th module that is looked for, from the program's own first one on.
PROGRAM = """
import os, sys
sys.argv = ["alphapulse", *sys.argv[1:]]
number, left = int(os.environ["SIGNAL"]), int(os.environ["MODULE"])
class Finder:
    begun, passed = False, 0
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        cls.begun = cls.begun or name == "worker.cli.app"
        cls.passed += cls.begun
        if cls.begun and cls.passed == left:
            os.write(2, b"[signalled]")
            os.kill(os.getpid(), number)
sys.meta_path.insert(0, Finder)
import worker.cli.interrupt
from worker.cli import main
main()
"""
NOBODY = f"127.0.0.1:{free_port()}"
AGAIN = "import worker.cli.interrupt as i, os, signal, sys, time; i.at_once(); i.while_running()\n"
NOISE = ("Traceback", "Exception ignored", "Warning", "Aborted")


def ended(number: signal.Signals, module: int, *arguments: str) -> tuple[int, str]:
    """Exit code of a command and what it wrote to stderr; it was signalled if that says so."""
    env = os.environ | {"SIGNAL": str(int(number)), "MODULE": str(module)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert not [word for word in NOISE if word in done.stderr], done.stderr
    return done.returncode, done.stderr


VERIFY, BACKTEST, CONFIG = ("verify", "-b", NOBODY), ("backtest", "nothing.csv"), ("config",)


@pytest.mark.parametrize(
    ("command", "module"),
    [
        *((CONFIG, module) for module in (1, 2, 7, 40)),  # what all commands import comes first
        *((VERIFY, module) for module in chosen(280, 650, more=(120, 420))),
        *((BACKTEST, module) for module in chosen(160, 500, more=(320,))),
        *((CONFIG, module) for module in chosen(350, more=(200, 460))),
    ],
)
def test_an_interrupt_while_modules_are_imported_ends_a_command(command: tuple[str, ...], module: int) -> None:
    code, said = ended(signal.SIGINT, module, *command)
    assert code == Exit.INTERRUPTED or "[signalled]" not in said, (code, said)


@pytest.mark.parametrize(
    ("number", "module"),
    [
        *((signal.SIGINT, module) for module in chosen(1, 350, more=(120, 500))),
        *((signal.SIGTERM, module) for module in chosen(120, 500, more=(1, 350))),
    ],
)
def test_a_worker_that_has_begun_nothing_ends_with_0(number: signal.Signals, module: int) -> None:
    code, said = ended(number, module, "worker", "-b", NOBODY)
    assert code == Exit.OK or "[signalled]" not in said, (code, said)


def test_other_commands_end_by_sigterm_as_programs_do() -> None:
    code, said = ended(signal.SIGTERM, 120, "verify", "-b", NOBODY)
    assert (code, said) == (-signal.SIGTERM, "[signalled]")


def ran(program: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def test_an_interrupt_that_a_destructor_swallows_comes_again() -> None:
    program = (
        AGAIN
        + """
class Library:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0)
try:
    library = Library()
    del library
    time.sleep(30)
except KeyboardInterrupt:
    sys.exit(130)
"""
    )
    assert ran(program) == (Exit.INTERRUPTED, "")


def test_an_error_that_an_interrupt_has_led_to_is_none() -> None:
    program = """
import sys, worker.cli.app as program
def broken():
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        raise ImportError("numpy can't be imported")
program.app, program._assemble = broken, lambda: None
program.run()
"""
    assert ran(program) == (Exit.INTERRUPTED, "")


def test_at_the_end_the_interpreter_is_not_interrupted_any_more() -> None:
    program = """
import os, signal, sys, threading, time
def late():
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)
threading.Thread(target=late).start()
sys.argv = ["alphapulse", "--version"]
from worker.cli import main
main()
"""
    assert ran(program) == (Exit.INTERRUPTED, "")
