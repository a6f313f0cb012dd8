"""Sessions and closures as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from worker.instruments.times import closures, sessions

HOUR, DAY = 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["Mon 09:30-16:00"], [(9.5, 16)]),
        (["Mon-Tue 09:30-16:00"], [(9.5, 16), (33.5, 40)]),
        (["Sat-Mon 00:00-24:00"], [(0, 24), (120, 144), (144, 168)]),
        (["Tue 08:00-09:00", "Mon 08:00-09:00"], [(8, 9), (32, 33)]),
        (["Sun 22:00-Fri 21:00"], [(0, 117), (166, 168)]),
        (["Mon 22:00-Tue 05:00"], [(22, 29)]),
        (["Sun 22:00-Mon 00:00"], [(166, 168)]),
    ],
)
def test_sessions_are_offsets_in_the_week(given: list[str], expected: list[tuple[float, float]]) -> None:
    assert sessions(given) == [(start * HOUR, end * HOUR) for start, end in expected]


@pytest.mark.parametrize(
    "text", ["09:30-16:00", "Mon-Fri 9:30-16:00", "Mon 09:30-24:30", "Mon 09:75-16:00", "Mo 09:00-10:00"]
)
def test_what_is_no_session_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no session|no time of day"):
        sessions([text])


def test_numbers_stay_as_they_are() -> None:
    assert sessions([[0, DAY]]) == [[0, DAY]]
    assert sessions("Mon") == "Mon"
    assert closures([[0, DAY]]) == [(0, DAY)]


def test_a_date_closes_its_utc_day_and_a_pair_what_lies_between() -> None:
    given = [
        [datetime(1970, 1, 3, 13), date(1970, 1, 4)],
        date(1970, 1, 2),
        [datetime(1970, 1, 5, tzinfo=UTC), 5 * DAY],
    ]
    assert closures(given) == [(DAY, 2 * DAY), (2 * DAY + 13 * HOUR, 3 * DAY), (4 * DAY, 5 * DAY)]


@pytest.mark.parametrize("entry", ["2024-12-25", 7, datetime(2024, 1, 1)])
def test_what_is_no_closure_is_refused(entry: Any) -> None:
    with pytest.raises(ValueError, match="no closure"):
        closures([entry])
