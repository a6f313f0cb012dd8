"""The id of an event says where a stream stands, and is read as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.gateway.stream.places import Places, read_places, tag_of

TOPICS = ("decisions", "rejections", "portfolio")
offsets = st.lists(st.integers(0, 2**63 - 1), max_size=5)


@given(st.dictionaries(st.sampled_from(TOPICS), st.tuples(st.integers(1, 2**128 - 1), offsets)))
def test_an_id_is_read_as_it_was_written(topics: dict[str, tuple[int, list[int]]]) -> None:
    places = Places()
    for topic, (topic_id, found) in topics.items():
        places.put(topic, topic_id, [0] * len(found))
        for partition, offset in enumerate(found):
            places.move(topic, partition, offset)
    read = read_places(places.text.decode())
    assert {topic: (place.tag, dict(place.offsets)) for topic, place in read.items()} == {
        topic: (tag_of(topic_id), dict(enumerate(found))) for topic, (topic_id, found) in topics.items()
    }
    assert places.copied() == {topic: tuple(found) for topic, (_, found) in topics.items()}


def test_a_copy_stays_where_it_is() -> None:
    places = Places()
    places.put("decisions", 1, [3, 4])
    copy = places.copy()
    places.move("decisions", 1, 9)
    assert copy.text == b"decisions.00000001=0:3,1:4"
    assert places.text == b"decisions.00000001=0:3,1:9"


NONE = (
    *("x", "decisions", "decisions=0", "decisions=0:-1", "decisions=0:1;", "decisions=0:1;decisions=0:2", "a.b=0:1"),
    *("decisions=0:1,", "decisions=0:" + "9" * 20, "decisions=0:\u0661", "=0:1", "decisions=0:1\n"),
)


@pytest.mark.parametrize("text", NONE)
def test_other_ids_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="none that this stream sends"):
        read_places(text)


def test_a_topic_that_did_not_exist_has_no_tag() -> None:
    places = Places()
    places.put("portfolio", 0, [])
    assert places.text == b"portfolio="
    assert read_places("portfolio=")["portfolio"] == ("", {})
