"""Files as vendors write them are read right, or refused with what decides."""

from __future__ import annotations

import pytest

from tests.support.layouts import LAYOUTS, Layout, check


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.title)
def test_layout(layout: Layout) -> None:
    check(layout)


def test_there_are_enough_and_their_titles_differ() -> None:
    assert len({layout.title for layout in LAYOUTS}) == len(LAYOUTS) >= 40
