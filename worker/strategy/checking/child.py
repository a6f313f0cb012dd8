"""The process that plays: user code may never end, or end its process. It tells its parent each step on a pipe.

`python -m worker.strategy.checking.child FOLDER DESCRIPTOR`
"""

from __future__ import annotations

import faulthandler
import mmap
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from worker.engine.bar import BAR
from worker.engine.settings import EngineSettings
from worker.errors import AlphapulseError
from worker.strategy.checking import sequence
from worker.strategy.checking.checks import processes
from worker.strategy.checking.desk import Desk, Options
from worker.strategy.checking.playing.market import Market
from worker.strategy.checking.playing.watching import PLACE_BYTES, line_of
from worker.strategy.checking.report import Check, Figures
from worker.strategy.checking.subject import Subject

JOB, BARS, PLACE, STACK = "job", "bars", "place", "stack"  # files of the folder
QUICK, LONGER = ("definition", "answers", "outside", "globals", "markets"), 5.0  # times the deadline
ENGINE = "engine"  # the step before the first bar; it may compile for minutes


class Job(msgspec.Struct, frozen=True):
    """What the parent asks for."""

    engine: dict[str, Any]
    file: str | None
    name: str | None
    bars: int | None
    interval_ms: int | None
    seed: int
    keys: list[bytes] | None  # of the bars in BARS
    deadline: float  # seconds a check
    only: list[str] = []
    compares: bool = False  # with what the first process has played


class Event(msgspec.Struct, frozen=True):
    """What is told: the name of a check that begins, one that is done, the figures, or what ends all."""

    begun: str | None = None
    check: Check | None = None
    figures: Figures | None = None
    refused: tuple[str, str] | None = None  # message and fix of settings
    ended: tuple[str, int | None] | None = None  # what the strategy's code raised, and its line


def write(folder: Path, job: Job, rows: Any = None) -> None:
    """Write the job for a child."""
    (folder / JOB).write_bytes(msgspec.msgpack.encode(job))
    (folder / PLACE).write_bytes(b" " * PLACE_BYTES)
    if rows is not None:
        (folder / BARS).write_bytes(rows.tobytes())


def limit(name: str, deadline: float) -> float:
    """Return the seconds that a check may take; most of what the longer ones do is our own work."""
    return deadline if name in QUICK else deadline * LONGER


def main() -> None:
    """Do the job of a folder."""
    folder, pipe = Path(sys.argv[1]), os.fdopen(int(sys.argv[2]), "wb", buffering=0)
    job = msgspec.msgpack.decode((folder / JOB).read_bytes(), type=Job)

    def tell(event: Event) -> None:
        pipe.write(msgspec.json.encode(event) + b"\n")

    with (folder / STACK).open("w") as stack, (folder / PLACE).open("r+b") as place:
        faulthandler.enable(stack)
        shared = mmap.mmap(place.fileno(), PLACE_BYTES)

        def begin(name: str) -> None:
            shared[:] = b" " * PLACE_BYTES
            tell(Event(begun=name))
            if name == ENGINE:
                faulthandler.cancel_dump_traceback_later()
            else:
                faulthandler.dump_traceback_later(limit(name, job.deadline), exit=True, file=stack)

        try:
            _check(_desk(job, folder, shared), job, folder, begin, tell)
        except AlphapulseError as error:
            tell(Event(refused=(error.message, error.fix)))
        except BaseException as error:  # an exit, an interrupt or no memory in the user's code
            tell(Event(ended=(f"{type(error).__name__}: {error}".rstrip(": "), line_of(error, job.file or ""))))
        finally:
            faulthandler.cancel_dump_traceback_later()
            faulthandler.disable()


def _desk(job: Job, folder: Path, place: mmap.mmap) -> Desk:
    subject = Subject(EngineSettings.model_validate(job.engine), None if job.file is None else Path(job.file), job.name)
    market = None
    if job.keys is not None:
        market = Market(job.keys, np.frombuffer((folder / BARS).read_bytes(), BAR))
    return Desk(subject, Options(job.bars, job.interval_ms, job.seed, market), place)


def _check(desk: Desk, job: Job, folder: Path, begin: Any, tell: Any) -> None:
    if job.compares:
        begin(ENGINE)
        sequence.ready()
        begin(sequence.PROCESSES[0])
        for kind in sequence.GROUND:
            if kind.name != "answers":
                kind.run(desk)
        tell(Event(check=sequence.checked(sequence.PROCESSES, processes.compare(desk, folder))))
        return
    for done in sequence.run(desk, job.only, begin):
        tell(Event(figures=done) if isinstance(done, Figures) else Event(check=done))
        if isinstance(done, Check) and done.name == "definition":
            if done.status == "failed":
                return  # there is nothing to compare with
            begin(ENGINE)
            sequence.ready()
    if not job.only or sequence.PROCESSES[0] in job.only:
        processes.keep(desk, folder)


if __name__ == "__main__":
    main()
