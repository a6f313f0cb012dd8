"""Points in time as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.moments import LEAST, MOST, check_span, epoch_ms, in_words, read_moment


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("1706659200000", 1_706_659_200_000),
        ("-1706659200000", -1_706_659_200_000),
        ("2024-01-31", 1_706_659_200_000),
        ("20240131", 1_706_659_200_000),
        (" 2024-01-31 ", 1_706_659_200_000),
        ("2024-01-31T00:00", 1_706_659_200_000),
        ("2024-01-31 00:00:00Z", 1_706_659_200_000),
        ("2024-01-31T01:00:00+01:00", 1_706_659_200_000),
        ("2024-01-30T19:00:00-0500", 1_706_659_200_000),
        ("2024-01-31T00:00:00.250Z", 1_706_659_200_250),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_iso_dates_and_times_and_epoch_ms(text: str, ms: int) -> None:
    assert read_moment(text) == ms


@pytest.mark.parametrize(
    "text", ["yesterday", "", "2024-13-01", "2024-02-30", "1.5", "1e12", "31.01.2024", "01/31/2024", "09:30", "nan"]
)
def test_what_is_no_time_is_told_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date or time: write 2024-01-31, 2024-01-31T09:30:00Z or epoch ms"):
        read_moment(text)


@pytest.mark.parametrize("text", ["1706659200", "1", "-5", "99999999999"])
def test_epoch_seconds_are_not_taken_for_milliseconds(text: str) -> None:
    with pytest.raises(ValueError, match=f"too small for epoch ms.*{text}000"):
        read_moment(text)


@pytest.mark.parametrize("text", [str(MOST + 1), str(LEAST - 1), "9" * 5_000])
def test_years_have_four_digits(text: str) -> None:
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        read_moment(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_back(moment: datetime) -> None:
    ms = epoch_ms(moment)
    assert read_moment(in_words(ms)) == ms
    assert moment - timedelta(milliseconds=1) < datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms) <= moment


def test_a_time_without_zone_is_utc() -> None:
    moment = datetime(2024, 1, 31, 9, 30)
    assert epoch_ms(moment) == epoch_ms(moment.replace(tzinfo=UTC))
    assert epoch_ms(moment.replace(tzinfo=timezone(timedelta(hours=2)))) == epoch_ms(moment) - 7_200_000


def test_a_span_has_room() -> None:
    check_span(None, 5)
    check_span(5, None)
    check_span(5, 6)
    for until in (5, 4):
        with pytest.raises(ValueError, match="the end must come later"):
            check_span(5, until)
