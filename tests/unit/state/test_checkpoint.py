"""The text of a committed offset."""

from __future__ import annotations

import pytest

from worker.stream.checkpoint import Checkpoint, parse


def test_the_text_is_readable_and_comes_back() -> None:
    checkpoint = Checkpoint(origin=3, replay_from=41, saved=250, partitions=4)
    assert (
        checkpoint.text
        == "origin=3 replay_from=41 saved=250 partitions=4 journal=0 journal_from=0 state_end=0 input_id=0 state_id=0 "
        "resume=0"
    )
    assert parse(checkpoint.text) == checkpoint
    assert parse(checkpoint.text + " later=1") == checkpoint


@pytest.mark.parametrize("text", ["", "by hand", "replay_from=7", "origin=x replay_from=1 saved=1 partitions=1"])
def test_other_texts_hold_none(text: str) -> None:
    assert parse(text) is None
