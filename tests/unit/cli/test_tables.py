"""Tables lose nothing where they are piped, and nothing is coloured where that is not wanted."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer

from worker.cli.common import tell
from worker.cli.doctor import doctor
from worker.errors import AlphapulseError

COLOUR = re.compile(rb"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9]+)*m")
LONG = "a-name-that-is-longer-than-any-terminal-should-have-to-be-" * 3
TABLE = f"""
from worker.cli.tables import print_table
print_table(("name", "value"), [({LONG!r}, "[bold]kept[/bold]"), ("short", None), ("日本", 1)], {{0}})
"""


def piped(program: list[str], **environment: str) -> bytes:
    """What a program prints into a pipe, on both streams."""
    given = clean() | environment
    return subprocess.run(program, capture_output=True, env=given, timeout=60, check=False).stdout


def clean() -> dict[str, str]:
    """This environment without what speaks of colours and widths."""
    names = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE")
    return {
        name: value for name, value in os.environ.items() if name not in names and not name.startswith("ALPHAPULSE")
    }


def on_terminal(program: list[str], cwd: Path, **environment: str) -> bytes:
    """What a program prints on a terminal of 80 columns, on both streams."""
    ours, theirs = pty.openpty()
    given = clean() | {"TERM": "xterm-256color", "COLUMNS": "80"} | environment
    with subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=theirs, env=given, cwd=cwd) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            seen += part
        process.wait(60)
    os.close(ours)
    return seen


def test_a_piped_table_is_whole_and_plain() -> None:
    lines = piped([sys.executable, "-c", TABLE]).decode().splitlines()
    width = len(LONG) + 2
    assert lines == [
        f"{'name':{width}}value",
        f"{LONG:{width}}[bold]kept[/bold]",
        "short",
        f"日本{'':{width - 4}}1",  # two columns a character
    ]


def test_a_narrow_terminal_cuts_nothing(tmp_path: Path) -> None:
    seen = on_terminal([sys.executable, "-c", TABLE], tmp_path).decode()
    assert LONG in seen
    assert "…" not in seen


def test_a_wide_terminal_gets_lines(tmp_path: Path) -> None:
    seen = on_terminal([sys.executable, "-c", TABLE], tmp_path, COLUMNS="300").decode()
    assert "┃" in seen
    assert "[bold]kept[/bold]" in seen


# What stands in the environment, and whether a terminal and a pipe get colours then.
RULES: tuple[tuple[dict[str, str], bool, bool], ...] = (
    ({"TERM": "xterm-256color"}, True, False),
    ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False, False),
    ({"TERM": "xterm-256color", "NO_COLOR": ""}, True, False),
    ({"TERM": "dumb"}, False, False),
    ({"TERM": "unknown"}, False, False),
    ({"TERM": "xterm-256color", "FORCE_COLOR": "1"}, True, True),
    ({"TERM": "xterm-256color", "FORCE_COLOR": ""}, True, False),
    ({"TERM": "xterm-256color", "NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
)


def check_environment() -> None:
    """Print what `doctor` finds, whatever it is."""
    with suppress(typer.Exit):
        doctor(None, None, offline=True)


def tell_an_error() -> None:
    """Print a known failure."""
    tell(AlphapulseError("nothing works", "Try again"))


@pytest.mark.parametrize(("stream", "speak"), [("stdout", check_environment), ("stderr", tell_an_error)])
@pytest.mark.parametrize(("environment", "terminal", "pipe"), RULES)
def test_our_own_lines_are_coloured_where_it_is_wanted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    terminal: bool,
    pipe: bool,
    stream: str,
    speak: Callable[[], None],
) -> None:
    monkeypatch.setattr(os, "environ", clean() | environment | {"ALPHAPULSE_CACHE_DIR": str(tmp_path)})
    for (ours, theirs), wanted in ((pty.openpty(), terminal), (os.pipe(), pipe)):
        with open(ours, "rb", buffering=0) as reader, open(theirs, "w") as writer:
            monkeypatch.setattr(sys, stream, writer)
            speak()
            writer.flush()
            seen = reader.read(65_536)
        assert seen
        assert bool(COLOUR.search(seen)) == wanted


COMMANDS = {
    "doctor": ["doctor", "--offline"],
    "help": ["--help"],
    "error": ["config"],
    "usage": ["doctor", "--no-such-option"],
}
# Commands one after another: the library reads the environment when it is imported, so each needs its own process.
PROGRAM = """
import json, sys
from worker.cli import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["alphapulse", *arguments]
    try: main()
    except SystemExit: print("ENDED", flush=True)
"""


def program(*names: str) -> list[str]:
    """These commands in one process."""
    return [sys.executable, "-c", PROGRAM, json.dumps([COMMANDS[name] for name in names])]


def parts(seen: bytes, *names: str) -> dict[str, bytes]:
    """What each command has printed."""
    *found, rest = seen.split(b"ENDED")
    assert rest.strip() == b""
    return dict(zip(names, found, strict=True))


def test_a_terminal_gets_colours(tmp_path: Path) -> None:
    (tmp_path / "alphapulse.toml").write_text("[kafka]\ntypo = 1\n")
    seen = on_terminal(program(*COMMANDS), tmp_path, ALPHAPULSE_CACHE_DIR=str(tmp_path))  # no jars to look at
    for name, part in parts(seen, *COMMANDS).items():
        assert COLOUR.search(part), name


def test_the_librarys_colours_go_where_they_are_wanted(tmp_path: Path) -> None:
    names = "help", "usage"
    for unwanted in ({"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        seen = parts(on_terminal(program(*names), tmp_path, **unwanted), *names)
        assert not COLOUR.search(b"".join(seen.values())), unwanted
        assert all(seen.values())
    for given, wanted in (({"FORCE_COLOR": "1"}, True), ({}, False)):
        done = subprocess.run(
            program(*names), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean() | given, cwd=tmp_path,
            timeout=60, check=True,
        )  # fmt: skip
        for name, part in parts(done.stdout, *names).items():
            assert bool(re.search(COLOUR if wanted else rb"\x1b", part)) == wanted, (name, given)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ({}, "OK: every record has exactly one outcome: 7 records in, 7 outcomes out, no gap in a sequence"),
        ({"pending": 3}, "OK so far: 3 records pending; every committed record has exactly one outcome"),
        ({"lost": [1, 2, 3, 4, 5]}, "FAILED: 6 faults, listed above"),
    ],
)
def test_verify_ends_with_one_line_of_verdict(
    capsys: pytest.CaptureFixture[str], found: dict[str, Any], verdict: str
) -> None:
    from worker.cli.verify import _print
    from worker.operate.report import PartitionReport, Report

    split = {"a-long-symbol-[x]" * 9: [0, 1]} if "lost" in found else {}
    _print(Report([PartitionReport(0, inputs=7, decisions=7, **found)], split))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == verdict
    assert lines[0].split() == ["partition", "input", "decisions", "rejections", "repeats", "pending", "faults"]
    assert len(lines) == 3 + 2 * bool(split)  # the head, a partition, its lost records, the keys, the verdict
