"""The locks agree: one that is installed first, or into an image, names what the whole one names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^([\w.-]+==[^\s;]+(?: *;[^\\]*)?)", re.MULTILINE)
ELSEWHERE = "sys_platform == 'win32'"


def pinned(name: str) -> set[str]:
    """Each package with its version, and where it is installed."""
    return {line.strip() for line in PINNED.findall((ROOT / name).read_text()) if ELSEWHERE not in line}


@pytest.mark.parametrize("part", [path.name for path in sorted(ROOT.glob("requirements-worker*.lock"))])
def test_a_part_names_the_versions_of_the_whole(part: str) -> None:
    found = pinned(part)
    assert any(line.startswith("numba==") for line in found)
    assert not found - pinned("requirements.lock")
    assert not found - pinned("requirements-dev.lock")


def test_the_whole_names_the_versions_of_the_developers() -> None:
    assert not pinned("requirements.lock") - pinned("requirements-dev.lock")
