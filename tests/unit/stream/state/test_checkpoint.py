"""The text of a committed offset."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from worker.kafka.protocol.offsets import Position
from worker.stream.state.checkpoint import Checkpoint, Committed, committed, parse

OFFSETS = st.integers(0, 2**63 - 1)
IDS = st.integers(0, 2**128 - 1)
FIELDS = {name: IDS if name.endswith("_id") else OFFSETS for name in Checkpoint._fields}
CHECKPOINTS = st.builds(Checkpoint, **FIELDS)
METADATA = 4_096  # most characters of a text, by a broker's own default


def test_the_text_is_readable_and_comes_back() -> None:
    checkpoint = Checkpoint(origin=3, replay_from=41, saved=250, partitions=4)
    assert (
        checkpoint.text
        == "origin=3 replay_from=41 saved=250 partitions=4 journal=0 journal_from=0 state_end=0 input_id=0 state_id=0 "
        "resume=0 offset=0 output_id=0 rejected_id=0 control_id=0 term=0"
    )
    assert parse(checkpoint.text) == checkpoint
    assert parse(checkpoint.text + " later=1") == checkpoint


@pytest.mark.parametrize("text", ["", "by hand", "replay_from=7", "origin=x replay_from=1 saved=1 partitions=1"])
def test_other_texts_hold_none(text: str) -> None:
    assert parse(text) is None


@given(CHECKPOINTS, OFFSETS, st.integers(-1, 2**31 - 1))
def test_each_comes_back_with_its_offset(checkpoint: Checkpoint, offset: int, epoch: int) -> None:
    assert len(checkpoint.text) < METADATA
    for said in (checkpoint._replace(offset=offset), checkpoint._replace(offset=0)):  # 0: of a former release
        found = committed(Position(offset, epoch, said.text))
        assert found == Committed(offset, said, epoch)
        assert not found.by_hand


@given(CHECKPOINTS, OFFSETS)
def test_beside_another_offset_the_text_was_copied_by_hand(checkpoint: Checkpoint, offset: int) -> None:
    assume(checkpoint.offset not in (0, offset))
    for text in (checkpoint.text, ""):
        found = committed(Position(offset, text=text))
        assert found == Committed(offset, None)
        assert found.by_hand


@given(CHECKPOINTS, st.permutations(Checkpoint._fields), st.integers(4, len(Checkpoint._fields)))
def test_former_releases_say_less_and_order_says_nothing(checkpoint: Checkpoint, order: list[str], known: int) -> None:
    kept = [name for name in order if name in Checkpoint._fields[:known]]
    text = " ".join(f"{name}={getattr(checkpoint, name)}" for name in kept)
    assert parse(text) == Checkpoint(*checkpoint[:known])


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_an_opening(text: str) -> None:
    found = parse(text)
    assert found is None or found == parse(found.text)
