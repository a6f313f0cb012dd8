"""Values of a state of any size: each record fits, and what comes back is what was written or nothing at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import ConfigError, Exit
from worker.leading.parts import DAMAGED, LARGEST, PART, joined, refuse_small, split
from worker.leading.records import state_records


def written(*values: tuple[str, bytes | None]) -> dict[str, bytes]:
    """The newest record of each key after these were written in turns."""
    topic: dict[str, bytes] = {}
    for one in values:
        for placed in state_records("state", [one], 1):
            key, value = (placed.record.key or b"").decode(), placed.record.value
            topic.pop(key, None)
            if value is not None:
                assert len(value) <= PART
                topic[key] = value
    return topic


def noise(size: int) -> bytes:
    return np.random.default_rng(size).bytes(size)


@given(st.lists(st.sampled_from([0, 1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 7]), min_size=1, max_size=4))
def test_the_newest_value_comes_back_whatever_its_size_was_before(sizes: list[int]) -> None:
    topic = written(*(("head", noise(size)) for size in sizes), ("other", b"1"))
    assert joined(topic) == {"head": noise(sizes[-1]), "other": b"1"}


def test_a_small_value_is_its_record() -> None:
    assert list(split("head", b"1")) == [("head", b"1")]
    assert list(split("head", None)) == [("head", None)]


def test_a_value_that_was_removed_is_gone() -> None:
    assert joined(written(("head", noise(2 * PART)), ("head", None))) == {}


@pytest.mark.parametrize("key", ["part/0/head", "part/2/head"])
@pytest.mark.parametrize("found", [None, b"", noise(PART)])
def test_a_part_that_is_not_the_one_written_damages_the_whole(key: str, found: bytes | None) -> None:
    topic = written(("head", noise(2 * PART + 9)))
    assert key in topic
    if found is None:
        del topic[key]
    else:
        topic[key] = found
    assert joined(topic) == {"head": DAMAGED}


@pytest.mark.parametrize("end", [b"", b"\x92\xce\xff\xff\xff\xff\x00", b"\x92\x01\x02"])
def test_a_count_that_is_none_is_damage(end: bytes) -> None:
    assert joined({"head": b"\xc1in parts" + end}) == {"head": DAMAGED}


def test_a_topic_that_takes_no_whole_part_is_refused() -> None:
    refuse_small("risk.state", LARGEST)
    with pytest.raises(ConfigError, match=f"risk.state is {LARGEST - 1}, but a part of the state may") as refused:
        refuse_small("risk.state", LARGEST - 1)
    assert refused.value.exit_code == Exit.CONFIG
    assert f"max.message.bytes={LARGEST}" in refused.value.fix
