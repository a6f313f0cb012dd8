"""A recording gives back what was written, whatever the bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import DataError
from worker.sources.recording import Recorded, read_recording, write_recording

ANY = st.one_of(st.none(), st.binary(max_size=30), st.text(max_size=10).map(str.encode))


@given(st.lists(st.tuples(ANY, ANY, st.integers(-(2**63), 2**63 - 1)), max_size=8))
def test_records_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, records: list[Recorded]) -> None:
    path = tmp_path_factory.mktemp("recording") / "ticks.jsonl"
    assert write_recording(records, path) == len(records)
    assert list(read_recording(path)) == records


@pytest.mark.parametrize("line", ['{"key": "A"}', "[]", '{"key": "A", "value": "", "ts": 1, "x": 2}', "\xff"])
def test_a_line_that_is_no_record_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ticks.jsonl"
    path.write_bytes(b'{"key": "A", "value": "{}", "ts": 1}\n' + line.encode("latin-1") + b"\n")
    with pytest.raises(DataError, match="line 2 is no record"):
        list(read_recording(path))
