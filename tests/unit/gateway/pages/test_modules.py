"""The pages' modules: pure ones run in node, all are small, and what they say of reasons is complete."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from worker.engine.reasons import Reason
from worker.gateway import scripts, vendored

HERE = Path(__file__).parent
OWN = [file for file in vendored.PAGES.rglob("*") if file.suffix in {".js", ".css"} and "vendor" not in file.parts]
MOST_LINES, MOST_FILES = 400, 16


def node() -> str:
    return scripts.npm()[0]


def test_pure_modules_in_node() -> None:
    done = subprocess.run(
        [node(), "--test", "--test-reporter=dot", *map(str, sorted(HERE.glob("*.test.mjs")))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.name)
def test_files_are_small(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert len([one for one in file.parent.iterdir() if one.is_file()]) <= MOST_FILES


def test_no_markup_is_made_of_text() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser")
    assert [file.name for file in OWN if forbidden.search(file.read_text(encoding="utf-8"))] == []


def test_every_reason_has_plain_words() -> None:
    text = (vendored.PAGES / "js" / "words.js").read_text(encoding="utf-8")
    assert {reason.name for reason in Reason} <= set(re.findall(r"^  (\w+): '", text, re.MULTILINE))
