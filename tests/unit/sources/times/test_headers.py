"""A header names a zone or none; an offset is a zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from worker.errors import ConfigError
from worker.sources.options import ReadOptions, zone_of
from worker.sources.report import ReadReport
from worker.sources.source import open_files
from worker.sources.times.headers import _ABBREVIATIONS, mark_of


@pytest.mark.parametrize(
    ("header", "base", "readings"),
    [
        ("Time (UTC)", "Time", ("UTC",)), ("Gmt time", "time", ("UTC",)), ("timestampUTC", "timestamp", ("UTC",)),
        ("Date [GMT]", "Date", ("UTC",)), ("Date (+00:00)", "Date", ("UTC",)), ("utc_date", "date", ("UTC",)),
        ("Date (UTC+2)", "Date", ("UTC+2",)), ("Date (gmt -5)", "Date", ("GMT-5",)), ("ts_utc-3", "ts", ("UTC-3",)),
        ("datetime_jst", "datetime", ("Asia/Tokyo",)), ("Time (London)", "Time", ("Europe/London",)),
        ("Time (Los Angeles time)", "Time", ("America/Los_Angeles",)), ("Local time", "time", ()),
        ("time_est", "time", ("America/New_York", "UTC-5")), ("EstTime", "Time", ("America/New_York", "UTC-5")),
    ],
)  # fmt: skip
def test_a_zone_in_a_header(header: str, base: str, readings: tuple[str, ...]) -> None:
    mark = mark_of(header)
    assert mark is not None
    assert (mark.base, mark.readings) == (base, readings)


@pytest.mark.parametrize(
    "header",
    [
        "Time", "Date", "", "test", "Best time", "opentime", "Time (ms)", "Date (yyyy-mm-dd)", "Close (USD)",
        "date_end", "Timestamp (XYZ)", "Date Time", "time-1", "Time (Europe/Nowhere)", "Date (UTC+25)",
        "Time (../../etc/passwd)",
    ],
)  # fmt: skip
def test_no_zone_in_a_header(header: str) -> None:
    assert mark_of(header) is None


@pytest.mark.parametrize("name", sorted({zone for zones in _ABBREVIATIONS.values() for zone in zones}))
def test_every_reading_is_a_zone(name: str) -> None:
    assert datetime(2024, 1, 1, tzinfo=zone_of(name)).utcoffset() is not None


@pytest.mark.parametrize(
    ("name", "minutes"), [("UTC+2", 120), ("utc-05:30", -330), ("+0900", 540), ("GMT+2", 120), ("Etc/GMT+2", -120)]
)
def test_an_offset_is_a_zone(name: str, minutes: int) -> None:
    assert datetime(2024, 7, 1, tzinfo=zone_of(name)).utcoffset() == timedelta(minutes=minutes)


@pytest.mark.parametrize("name", ["UTC+15", "+2:75", "UTC+", "Nowhere", "../UTC"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is no time zone"):
        ReadOptions(timezone=name)


def test_the_zone_that_counts_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"2024-01-04 {hour:02}:00,1,1,1,1,1\n" for hour in range(3))
    path.write_text(f"Time (EET),Open,High,Low,Close,Volume\n{rows}")

    def zone(**given: str) -> str:
        (source,) = open_files([path], None, ReadReport(), ReadOptions(**given))  # type: ignore[arg-type]
        assert source.reading is not None
        return source.reading.layout.zone

    assert zone() == "Europe/Athens (by the header)"
    assert zone(timezone="UTC+2") == "UTC+2"
