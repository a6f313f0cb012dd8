"""Local times become UTC as pandas makes them, hours that are skipped or repeated too."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from worker.sources.times.zones import LocalClock

pd = pytest.importorskip("pandas", reason="the extra `datasets` is not installed")

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo", "America/Sao_Paulo", "UTC")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [1999, 2024])
def test_a_year_of_half_hours_goes_there_and_back(zone: str, year: int) -> None:
    utc = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="30min", tz="UTC")
    local = utc.tz_convert(zone).tz_localize(None)
    cells = local.to_numpy().astype("datetime64[ms]").astype(np.int64)
    clock, owners = LocalClock(ZoneInfo(zone)), np.zeros(len(cells), np.int64)
    found, exist = clock.to_utc(cells, owners, np.ones(len(cells), np.bool_))
    assert exist.all()
    assert (found == utc.tz_localize(None).to_numpy().astype("datetime64[ms]").astype(np.int64)).all()
    # Newest first, and in pieces.
    clock, parts = LocalClock(ZoneInfo(zone)), []
    for piece in np.array_split(cells[::-1], 13):
        parts.append(clock.to_utc(piece, owners[: len(piece)], np.ones(len(piece), np.bool_))[0])
    assert (np.concatenate(parts) == found[::-1]).all()


def test_two_symbols_repeat_an_hour_each() -> None:
    cells = pd.to_datetime(["2024-10-27 02:30"] * 4 + ["2024-10-27 03:30"] * 2).to_numpy()
    local = cells.astype("datetime64[ms]").astype(np.int64)
    owners = np.array([0, 1, 0, 1, 0, 1])
    clock = LocalClock(ZoneInfo("Europe/Berlin"))
    found, _ = clock.to_utc(local, owners, np.ones(6, np.bool_))
    hours = (found - found[0]) / 3_600_000
    assert hours.tolist() == [0, 0, 1, 1, 2, 2]
    assert sorted(clock.repeated.values()) == [[1, 1], [1, 1]]
    assert not clock.once


def hours(*cells: str) -> np.ndarray:
    return np.array(cells, "datetime64[m]").astype("datetime64[ms]").astype(np.int64)


@pytest.mark.parametrize("order", [1, -1], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("second", [False, True])
def test_an_hour_with_one_pass_is_the_one_that_is_given(second: bool, order: int) -> None:
    # Berlin repeats an hour on 2024-10-27 and on 2023-10-29; of the first only one pass is there.
    local = hours("2023-10-29 02:00", "2023-10-29 02:30", "2023-10-29 02:00", "2023-10-29 02:30",
                  "2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:30", "2024-10-27 03:00")[::order]  # fmt: skip
    owners, naive = np.zeros(8, np.int64), np.ones(8, np.bool_)
    scan = LocalClock(ZoneInfo("Europe/Berlin"))
    scan.to_utc(local, owners, naive)
    day = int(hours("2024-10-27 00:00")[0] // 86_400_000)
    assert scan.once == {(0, day)}
    found, _ = LocalClock(ZoneInfo("Europe/Berlin"), scan.once, second).to_utc(local, owners, naive)
    at = "01" if second else "00"
    assert found[::order].tolist() == hours(
        "2023-10-29 00:00", "2023-10-29 00:30", "2023-10-29 01:00", "2023-10-29 01:30",
        "2024-10-26 23:00", f"2024-10-27 {at}:00", f"2024-10-27 {at}:30", "2024-10-27 02:00",
    ).tolist()  # fmt: skip


def test_a_skipped_hour_does_not_exist() -> None:
    cells = pd.date_range("2024-03-31 00:00", "2024-03-31 04:00", freq="30min")
    local = cells.to_numpy().astype("datetime64[ms]").astype(np.int64)
    _, exist = LocalClock(ZoneInfo("Europe/Berlin")).to_utc(local, np.zeros(9, np.int64), np.ones(9, np.bool_))
    wanted = cells.tz_localize("Europe/Berlin", nonexistent="NaT", ambiguous="NaT").notna()
    assert exist.tolist() == wanted.tolist() == [True] * 4 + [False] * 2 + [True] * 3
