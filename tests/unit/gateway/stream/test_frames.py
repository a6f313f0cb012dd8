"""Whatever a topic holds, a client reads one event of it, and its JSON."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sse import Client
from worker.gateway.log.entry import Entry
from worker.gateway.stream.frames import event, items, one_line, passed, record

HOSTILE = [
    b"",
    b"{}\n\nevent: forged\ndata: {}\n\n",
    b'{"a":1}\r\rid: 9\r\r',
    b'{"a":\r\n1}',
    b'{"a":"\xff"}',
    b'{"a":1},"partition":9',
    b'{"a":1}}',
    b"NaN",
    b"nonsense",
    b'"line\nbreak"',
    b'"\xe2\x80\xa8"',
    b"[" * 50_000,
    b'{"a":"\\ud800"}',
    b"\xef\xbb\xbf{}",
    b"\0",
    b"1e999",
]


def read(key: bytes | None, value: bytes | None) -> dict[str, object]:
    entry = Entry(3, 41, 1_700_000_000_000, key, value)
    client = Client()
    frame = event("decisions", b"decisions.0000000a=3:42", record(entry, value))
    client.feed(frame + passed(b"decisions.0000000a=3:50"))
    assert [(one.name, one.id) for one in client.events] == [("decisions", "decisions.0000000a=3:42")]
    assert client.last_id == "decisions.0000000a=3:50"
    assert client.comments == 1
    content: dict[str, object] = json.loads(client.events[0].data)
    assert (content["partition"], content["offset"], content["timestamp"]) == (3, 41, 1_700_000_000_000)
    several = json.loads(items([record(entry, value)] * 2))
    assert str(several) == str({"items": [content, content]})  # nan is not equal to itself
    return content


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_stay_inside_their_event(value: bytes) -> None:
    content = read(b"SIM0001", value)
    assert set(content) <= {"partition", "offset", "timestamp", "key", "value", "unreadable"}
    assert ("unreadable" in content) == (one_line(value) is None)


@given(st.none() | st.binary(), st.none() | st.binary())
def test_any_bytes_stay_inside_their_event(key: bytes | None, value: bytes | None) -> None:
    content = read(key, value)
    assert content["key"] == (None if key is None else key.decode("utf-8", "replace"))
    assert content["value"] is None or not content.get("unreadable")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, st.sampled_from([None, 1, 2]))
def test_json_arrives_as_it_is(value: object, indent: int | None) -> None:
    for text in (json.dumps(value, indent=indent), json.dumps(value, indent=indent, ensure_ascii=False)):
        try:
            raw = text.encode()
            wanted = msgspec.json.decode(raw)
        except (UnicodeEncodeError, msgspec.DecodeError):  # half of a surrogate pair is no text
            continue
        assert read(b"k", raw.replace(b"\n", b"\r\n"))["value"] == wanted
