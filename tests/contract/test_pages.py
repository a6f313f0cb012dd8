"""Modules that pages name are there, so that a move without its page is found."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.contract.pages import ROOT

MODULE = re.compile(r"`([\w./-]+\.py)`")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
HISTORY = {"CHANGELOG.md"}  # names what there was


@cache
def modules() -> list[str]:
    """Modules of the working tree, `/`-separated from the root, with a `/` before."""
    folders = ("worker", "schemas", "tests", "examples", "deploy")
    return [f"/{path.relative_to(ROOT).as_posix()}" for folder in folders for path in (ROOT / folder).rglob("*.py")]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in HISTORY], ids=lambda page: page.name)
def test_named_modules_exist(page: Path) -> None:
    there = modules()
    named = set(MODULE.findall(page.read_text(encoding="utf-8")))
    assert {name for name in named if not any(module.endswith(f"/{name}") for module in there)} == set()
