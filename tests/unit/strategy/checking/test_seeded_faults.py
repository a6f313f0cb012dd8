"""Each fault that was put in is found by the check that fits, though no lint has read it, with the line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.support.seeded import LINELESS, LINT
from tests.support.strategy_faults import SEEDED, TWELVE, line_of
from worker.engine.settings import engine_settings
from worker.strategy.checking import sequence
from worker.strategy.checking.check import HERE, THERE, check
from worker.strategy.checking.checks.source import lint
from worker.strategy.checking.child import Event, Job, write
from worker.strategy.checking.desk import Desk, Options
from worker.strategy.checking.report import Check, Fault
from worker.strategy.checking.subject import Subject

ENDS = {"it ends the process", "it takes the process down"}
ENDLESS = {name for name in SEEDED if "unending" in name}
READ = {name for name, seeded in SEEDED.items() if seeded.check == LINT}
ELSEWHERE = {name for name, seeded in SEEDED.items() if seeded.check == "processes"} | ENDLESS | ENDS
PLAYED = sorted(SEEDED.keys() - ELSEWHERE - READ)


def subject(name: str, folder: Path) -> Subject:
    file = folder / "own.py"
    file.write_text(SEEDED[name].source)
    return Subject(engine_settings({}), file=file)


def told(faults: list[Fault], name: str) -> bool:
    """Whether one of them says what is wrong, and where that is known."""
    line = line_of(SEEDED[name])
    known = line is not None and SEEDED[name].check not in LINELESS
    return any(SEEDED[name].says in fault.says and (not known or fault.line == line) for fault in faults)


@pytest.mark.parametrize("name", PLAYED)
def test_it_is_found_by_playing(name: str, tmp_path: Path) -> None:
    seeded = SEEDED[name]
    desk = Desk(subject(name, tmp_path), Options(300, seeded.interval_ms))
    checks = (each for each in sequence.run(desk, [seeded.check]) if isinstance(each, Check))
    found = next(each for each in checks if each.name == seeded.check)  # those after it have tests of their own
    assert told(found.faults, name), found
    assert all(fault.fix for fault in found.faults if "faults of other lines" not in fault.says)


@pytest.mark.parametrize(
    ("name", "check", "says"),
    [
        ("look-ahead by a module global", "batches", "batches show (in Python): bar "),
        ("a global that is written", "batches", "batches show (in Python): bar "),
        ("a global that is written", "restarts", "a restart shows (in Python): bar "),
        ("what a closure keeps", "restarts", "a restart shows (in Python): bar "),
        ("random", "future", "it looks ahead (compiled): bar "),
        ("random", "modes", "order.side is "),
    ],
)
def test_other_checks_see_it_as_well(name: str, check: str, says: str, tmp_path: Path) -> None:
    desk = Desk(subject(name, tmp_path), Options(600))
    faults = next(each.faults for each in sequence.run(desk, [check]) if isinstance(each, Check) and each.name == check)
    assert [fault.says for fault in faults if says in fault.says]


# Children, one after another in a process: to start one takes longer than to play for it.
CHILDREN = """
import os, sys
from worker.strategy.checking import child
for folder in sys.argv[1:]:
    sys.argv = ["child", folder, str(os.open(os.path.join(folder, "events"), os.O_WRONLY | os.O_CREAT | os.O_APPEND))]
    child.main()
"""


def test_another_process_shows_it(tmp_path: Path) -> None:
    folders = {name: tmp_path / str(at) for at, name in enumerate(("hash", "random", "the machine's time zone"))}
    for compares, (environment, at) in enumerate(((HERE, Path.cwd()), (THERE, tmp_path))):
        for name, folder in folders.items():
            folder.mkdir(exist_ok=True)
            given = subject(name, folder)
            job = Job(given.engine.model_dump(), str(given.file), None, 200, None, 1, None, 60.0, ["processes"])
            write(folder, msgspec.structs.replace(job, compares=bool(compares)))
        command = [sys.executable, "-P", "-c", CHILDREN, *map(str, folders.values())]
        subprocess.run(command, env=os.environ | environment, cwd=at, check=True, timeout=120)
    for name, folder in folders.items():
        events = [msgspec.json.decode(line, type=Event) for line in (folder / "events").read_bytes().splitlines()]
        last = events[-1].check
        assert last is not None
        assert last.name == "processes"
        assert last.faults[0].says.startswith("another process decides otherwise ("), name


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_it_is_found_in_a_process_of_its_own_process(name: str, tmp_path: Path) -> None:
    seeded = SEEDED[name]
    deadline = 1.5 if name in ENDLESS else 60.0
    options = Options(bars=400)
    report = check(subject(name, tmp_path), options, only=[seeded.check], with_lint=False, deadline=deadline)
    failed = {each.name: each.faults for each in report.failed}
    assert told(failed.get(seeded.check, []), name), failed


def test_what_can_not_be_defined_is_one_fault(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text("")
    report = check(Subject(engine_settings({}), file=file))
    assert [(each.name, len(each.faults)) for each in report.failed] == [("definition", 1)]


@pytest.mark.parametrize("name", sorted(SEEDED))
def test_the_lint_reads_what_can_be_read(name: str, tmp_path: Path) -> None:
    faults = lint(subject(name, tmp_path)).faults
    assert bool(faults) == SEEDED[name].lint, faults
    line = line_of(SEEDED[name])
    assert not faults or line in {fault.line for fault in faults} or "import" in faults[0].says


def test_there_are_twelve_and_the_lint_is_not_all() -> None:
    assert len(TWELVE) == 12
    assert not [name for name, seeded in TWELVE.items() if seeded.check == LINT]
