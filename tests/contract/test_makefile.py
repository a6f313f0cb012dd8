"""Commands that documents, CI and messages name are commands that `make` has."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"(?:`|^ *|run: )make ([a-z][^`\n]*)", re.MULTILINE)
TARGET = re.compile(r"[a-z][a-z-]+")
INHERITED = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "WHAT", "ARGS"}
MODULE = re.compile(r"python -m (tests[\w.]+)")
# What issues and habits call by these names, whatever `make help` shows.
NAMED = {
    *("bench-check", "bench-peers", "bench-backtest", "bench-failover", "bench-engine", "bench-symbols"),
    *("bench-inprocess", "bench-models", "parity", "profiles", "calibration", "differential", "oracles", "test-files"),
    *("test-versions", "test-docker", "chaos", "soak", "demo", "test", "unit", "integration", "check", "lint", "types"),
    *("imports", "setup", "engine", "reference", "lock", "strategies", "risk", "alerts"),
}


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Make, as from a shell: not as a part of the `make test` that may run this."""
    given = {name: value for name, value in os.environ.items() if name not in INHERITED}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=given, capture_output=True, text=True, check=False)


def dry(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What it would do."""
    return make("--dry-run", *arguments)


def pages() -> Iterator[Path]:
    """Files that tell people, or machines, what to run."""
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", ".ci/run"))
    for folder, pattern in (
        ("docs", "*.md"),
        (".github", "*.md"),
        (".github", "*.yml"),
        ("tests", "*.py"),
        ("worker", "*.py"),
        ("schemas", "*.py"),
    ):
        yield from sorted((ROOT / folder).rglob(pattern))


def named() -> set[str]:
    """Every target that a page names."""
    commands = [found for page in pages() for found in COMMAND.findall(page.read_text())]
    words = [word for command in commands for word in shlex.split(command, comments=True)]
    return {word for word in words if TARGET.fullmatch(word)}


def help_text() -> str:
    return make("help").stdout


def whats() -> list[str]:
    (line,) = [line for line in help_text().splitlines() if line.startswith("WHAT is one of: ")]
    return line.partition(": ")[2].split()


def test_every_named_target_exists() -> None:
    found = named()
    assert {"test", "check", "chaos", "reference", "bench-check"} <= found
    assert {target for target in found | NAMED if dry(target).returncode} == set()


def test_help_is_short_and_says_one_thing_a_line() -> None:
    lines = re.findall(r"^  ([a-z-]+) +(\S.*)$", help_text(), re.MULTILINE)
    assert 10 <= len(lines) <= 14
    assert all(len(text) <= 110 for _, text in lines)


@pytest.mark.parametrize("what", whats())
def test_each_benchmark_runs_a_module_that_exists_and_is_described(what: str) -> None:
    assert f"| `{what}` |" in (ROOT / "CONTRIBUTING.md").read_text()
    lines = dry("bench", f"WHAT={what}", "ARGS=--given").stdout.splitlines()
    (module,) = [found for line in lines for found in MODULE.findall(line)]
    assert find_spec(module) is not None
    assert lines[-1].endswith(" --given")
    assert dry(f"bench-{what}", "ARGS=--given").stdout.splitlines()[-1] == lines[-1]


def test_without_a_name_workers_are_measured_and_an_unknown_name_is_refused() -> None:
    assert dry("bench").stdout == dry("bench", "WHAT=workers").stdout == dry("bench", "WHAT=").stdout
    refused = make("bench", "WHAT=nothing")
    assert refused.returncode
    assert "'nothing'" in refused.stdout
    assert all(what in refused.stdout for what in whats())
