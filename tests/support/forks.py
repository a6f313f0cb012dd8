"""Programs in processes of their own, forked from one that has imported what they need: imports take most of a second.

What a program finds is what a new interpreter has after its imports; what is read at import (the cache directory, the
hash seed) is the same for all programs of a call.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

# Imports of commands that play bars, and the engine's kernels.
ENGINE = """
from worker.engine.compiled.blas import without_blas
without_blas()
import worker.backtest.model, worker.backtest.run, worker.backtest.tape, worker.inprocess, worker.settings
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings
PartitionEngine(EngineSettings()).warm_up()
"""
SERVER = """
import gc, os, sys, tempfile
import msgspec

def begin(given, out, err):
    os.chdir(given["cwd"])
    os.environ.update(given["environment"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    sys.argv = ["-c", *given["arguments"]]

def serve():
    answers = os.dup(1)
    for given in msgspec.json.decode(sys.stdin.buffer.read()):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if not child:
                begin(given, out, err)
                return given["program"]
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            out.seek(0), err.seek(0)
            told = {"out": out.read().decode(errors="replace"), "err": err.read().decode(errors="replace")}
            os.write(answers, msgspec.json.encode({"code": code, **told}) + b"\\n")

gc.freeze()
program = serve()
if program is not None:
    del begin, serve
    exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
"""


class Program(NamedTuple):
    """A program as text, its arguments, what is added to the environment, and its folder."""

    text: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = {}
    cwd: Path = Path()


class Ended(msgspec.Struct, frozen=True):
    """How a program ended."""

    code: int
    out: str
    err: str


def each_in_a_fork(imports: str, programs: Sequence[Program], timeout: float = 120) -> list[Ended]:
    """Run programs one after another; `imports` are the statements that one process runs for all of them."""
    given = [
        {
            "program": each.text,
            "arguments": list(each.arguments),
            "environment": dict(each.environment),
            "cwd": str(each.cwd.resolve()),
        }
        for each in programs
    ]
    done = subprocess.run(
        [sys.executable, "-c", imports + SERVER],
        input=msgspec.json.encode(given), stdout=subprocess.PIPE, timeout=timeout, check=True,
    )  # fmt: skip
    found = [msgspec.json.decode(line, type=Ended) for line in done.stdout.splitlines()]
    assert len(found) == len(programs)
    return found
