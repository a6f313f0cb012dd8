"""An answer counts only when it speaks of exactly what was asked, each once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.kafka.protocol.strict import Unclear, exactly

KEYS = st.integers(0, 6)
ENTRIES = st.lists(st.tuples(KEYS, st.integers()), max_size=7)


@given(ENTRIES, st.sets(KEYS))
def test_an_answer_is_taken_if_and_only_if_it_is_exact(entries: list[tuple[int, int]], asked: set[int]) -> None:
    keys = [key for key, _ in entries]
    if sorted(keys) == sorted(asked):
        assert exactly(iter(entries), asked, "it") == dict(entries)
    else:
        with pytest.raises(Unclear, match=r"^Unclear: it: the answer "):
            exactly(iter(entries), asked, "it")


@given(st.sets(KEYS))
def test_no_list_is_no_answer(asked: set[int]) -> None:
    with pytest.raises(Unclear, match="no entries"):
        exactly(None, asked, "it")
