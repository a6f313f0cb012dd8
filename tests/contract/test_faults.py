"""The catalogue of faults, the table of docs/guarantees.md, and the tests that prove them name the same faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.catalogue import FAULTS

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| F(\d+)(?:–F(\d+))? \|", re.MULTILINE)
MARK = re.compile(r"\bfault\(([^)]*)\)")


def told() -> Iterator[str]:
    """The numbers of the table's rows."""
    for first, last in ROW.findall((ROOT / "docs" / "guarantees.md").read_text()):
        yield from (f"F{number}" for number in range(int(first), int(last or first) + 1))


def proven() -> Iterator[str]:
    """The numbers that the tests' marks name."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for mark in MARK.findall(path.read_text()):
            yield from re.findall(r'"(F\d+)"', mark)


def test_the_table_has_each_fault_in_its_order() -> None:
    assert list(told()) == list(FAULTS)


def test_each_fault_has_a_test() -> None:
    assert set(proven()) == set(FAULTS)
