"""Times are read in every spelling the documentation lists, naive ones as UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sources.timestamps import epoch_to_ms, parse_time

NOON = 1_704_196_800_000  # 2024-01-02 12:00 UTC
DAY = 1_704_153_600_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-02", DAY),
        ("2024-01-02T12:00:00Z", NOON),
        ("2024-01-02 12:00", NOON),
        ("2024-01-02 12:00:00 UTC", NOON),
        ("2024-01-02 14:00:00+02:00", NOON),
        ("2024-01-02T12:00:00.123456789Z", NOON + 123),
        ("20240102", DAY),
        ("20240102 12:00", NOON),
        ("20240102120000", NOON),
        ("01/02/2024", DAY),
        ("1/2/24", DAY),
        ("1/2/2024 12:00", NOON),
        ("1/2/2024 9:05", DAY + 32_700_000),
        ("01/02/2024 12:00:00 PM", NOON),
        ("01/02/2024 12:00 AM", DAY),
        ("2024/01/02", DAY),
        ("2024.01.02 12:00", NOON),
        ("1704196800", NOON),
        ("1704196800.5", NOON + 500),
        ("1704196800000", NOON),
        ("1704196800000000", NOON),
        ("1704196800000000000", NOON),
        ("-86400", -86_400_000),
        (" 2024-01-02 ", DAY),
    ],
)
def test_spelling(text: str, expected: int) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "13/45/2024", "2024-02-30", "13/01/2024", "nan"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


@given(st.datetimes(min_value=datetime(1975, 1, 1), max_value=datetime(2200, 1, 1)))
def test_every_unit_of_an_epoch_gives_the_same_time(moment: datetime) -> None:
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    assert {epoch_to_ms(seconds * unit) for unit in (1, 10**3, 10**6, 10**9)} == {seconds * 1_000}
    assert parse_time(moment.replace(microsecond=0).isoformat()) == seconds * 1_000
