"""Packed headers and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.wire.plain import packed_headers, unpacked_headers

NAMES = st.text(max_size=200)
VALUES = st.one_of(st.none(), st.binary(max_size=300))


@given(st.dictionaries(NAMES, VALUES, max_size=70))
def test_headers_come_back(headers: dict[str, bytes | None]) -> None:
    found = unpacked_headers(packed_headers(list(headers.items())))
    assert found == {name.encode(): value or b"" for name, value in headers.items()}


def test_what_is_cut_short_is_told() -> None:
    with pytest.raises(IndexError):
        unpacked_headers(packed_headers([("name", b"value")])[:3])
