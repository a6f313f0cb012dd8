"""A few mutated files, settings and arguments: no command prints a traceback (`make test-files` has hundreds)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files import fuzz, generate
from tests.support.commands import Called
from tests.support.examples import drawn

COUNT, SEED = drawn(3, 12), 90


@pytest.mark.parametrize("part", [fuzz.files, fuzz.settings, fuzz.arguments])
def test_no_command_prints_a_traceback(part: fuzz.Part, tmp_path: Path) -> None:
    count, findings = fuzz.run(part(tmp_path, COUNT, SEED))
    assert count == COUNT
    assert not findings, "\n".join(finding.told for finding in findings)


@pytest.mark.parametrize(
    ("called", "why"),
    [
        (Called(0, "fine", ""), None),
        (Called(65, "", "error: no. fix: yes"), None),
        (Called(78, "a list of checks", ""), None),
        (Called(65, " ", ""), "exit code 65 without a sentence"),
        (Called(1, "", "error: unknown"), "exit code 1"),
        (Called(70, "", "error"), "exit code 70"),
        (Called(65, "", "Traceback (most recent call last):\n"), "a traceback"),
    ],
)
def test_the_harness_knows_what_no_command_may_do(called: Called, why: str | None) -> None:
    assert fuzz.wrong(called) == why


def test_the_same_seed_writes_the_same_file(tmp_path: Path) -> None:
    for number in range(20):
        one, other = (generate.made(_made(tmp_path / f"{name}{number}"), number) for name in "ab")
        assert (one.options, one.traits, one.path.name) == (other.options, other.traits, other.path.name)
        if one.path.suffix not in (".zip", ".gz"):  # these hold the hour
            assert one.path.read_bytes() == other.path.read_bytes()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
