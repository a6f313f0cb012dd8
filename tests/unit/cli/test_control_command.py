"""What `alphapulse control` takes for a time, and what it refuses before it looks for a broker."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from worker.cli.control import app, epoch_ms
from worker.errors import Exit


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("1706659200000", 1_706_659_200_000),
        ("2024-01-31", 1_706_659_200_000),
        ("2024-01-31T01:00:00+01:00", 1_706_659_200_000),
        ("2024-01-31T00:00:00.250Z", 1_706_659_200_250),
    ],
)
def test_dates_times_and_epoch_ms(text: str, ms: int) -> None:
    assert epoch_ms(text) == ms


@pytest.mark.parametrize("text", ["yesterday", "", "2024-13-01", "1.5"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not a date or time"):
        epoch_ms(text)


def test_no_limit_is_no_change() -> None:
    done = CliRunner().invoke(app, ["set", "*", "--reason", "drill"])
    assert done.exit_code == Exit.USAGE
    assert "give at least one of" in done.output
