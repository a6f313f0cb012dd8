"""A line's steps are what its kernel expects of them."""

from __future__ import annotations

import numpy as np
import pytest

from worker.engine.intrinsics.addresses import BLOCK
from worker.engine.output.encoding.lanes import ITEM, LANES
from worker.engine.output.encoding.layout import LISTS, OWN, OWN_AT_ONCE, Kind, Layout, layout
from worker.engine.output.encoding.members import lane_of, offset
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import EngineSettings

LEARNED = {name: {"enabled": True} for name in ("learning", "calibration", "anomaly", "forecast")}


@pytest.fixture(params=[{}, LEARNED], ids=["usual", "learned"])
def made(request: pytest.FixtureRequest) -> Layout:
    settings = EngineSettings.model_validate(request.param)
    return layout(settings, ModelNames(*settings.voice))


def test_what_the_kernel_writes_itself_comes_in_its_order(made: Layout) -> None:
    kinds = [Kind(kind) for kind in made.steps[:, 2].tolist()]
    assert [kind for kind in kinds if kind > Kind.NOTHING] == [*OWN, *OWN_AT_ONCE, Kind.END]
    first = kinds.index(OWN_AT_ONCE[0])
    assert tuple(kinds[first : first + len(OWN_AT_ONCE)]) == OWN_AT_ONCE


def test_each_text_is_a_block_at_most(made: Layout) -> None:
    assert made.steps[:, 1].max() <= BLOCK
    assert (made.steps[:, 0] + BLOCK).max() <= made.text.size


def test_numbers_have_lanes_of_their_own(made: Layout) -> None:
    lanes = made.steps[made.steps[:, 2] == Kind.NUMBER, 3]
    twice = lane_of("decision.sequence")  # in the identifier too
    assert np.array_equal(np.unique(lanes).size, lanes.size - 1)
    assert np.count_nonzero(lanes == twice) == 2
    assert (lanes % ITEM == 0).all()
    assert lanes.max() < LANES


def test_layouts_begin_with_the_same_words(made: Layout) -> None:
    texts = [made.text[start : start + size].tobytes().decode() for start, size in made.words.tolist()]
    wanted = [f"{before}{name}{after}" for names, before, after in LISTS for name in names]
    assert texts[: len(wanted)] == wanted


def test_only_numbers_that_are_brought_have_a_lane() -> None:
    assert lane_of("decision.risk.g_ctl") - lane_of("decision.score") == offset("decision.risk.g_ctl") - offset(
        "decision.score"
    )
    with pytest.raises(StopIteration):
        lane_of("validation.reference")
