"""How much random tests draw: a part in `make unit`, all of it in `make unit EXAMPLES=long`."""

from __future__ import annotations

import os

import pytest

VARIABLE = "ALPHAPULSE_TEST_EXAMPLES"
_LONG = {"": False, "long": True}[os.environ.get(VARIABLE, "")]


def drawn(usual: int, long: int) -> int:
    """The number of examples, rounds or records for this run."""
    return long if _LONG else usual


def chosen(*usual: int, more: tuple[int, ...]) -> list[int]:
    """The values of a parameter for this run."""
    return sorted({*usual, *(more if _LONG else ())})


def long_only(costs: str) -> pytest.MarkDecorator:
    """Leave a test out of `make unit` whose kind others stand for there; `costs` says why."""
    return pytest.mark.skipif(not _LONG, reason=f"EXAMPLES=long: {costs}")
