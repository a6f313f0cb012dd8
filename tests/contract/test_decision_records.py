"""The records of docs/decisions have their form, and no page links to what is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.pages import LINK, ROOT, files_in

RECORDS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
MOST_LINES = 40


def test_records_are_numbered_and_the_index_has_them() -> None:
    assert [int(path.name.partition("-")[0]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))
    assert len(RECORDS) >= 10
    index = (RECORDS[0].parent / "README.md").read_text()
    assert [name for name in LINK.findall(index) if name[0].isdigit()] == [path.name for path in RECORDS]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_short_and_has_its_parts(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    assert re.match(rf"# {int(path.name[:4])}\. \S.*\n\nStatus: (accepted|replaced by \d+)\n", text)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert "\nProof: " in text
    assert {name for name in files_in(text) if not (ROOT / name).exists()} == set()


def test_no_link_between_pages_is_dead() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
    dead = [
        (page.name, target)
        for page in pages
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]
    assert dead == []
