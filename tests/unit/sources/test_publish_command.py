"""`publish --dry-run` reads and reports without a broker."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from worker.cli.publish import publish
from worker.errors import DataError, Exit

HEADER = "date,open,high,low,close,volume\n"


@pytest.fixture
def command() -> typer.Typer:
    """The command as the program registers it."""
    app = typer.Typer()
    app.command()(publish)
    return app


def test_a_dry_run_reports_as_json(command: typer.Typer, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(f"{HEADER}2024-01-02,1,2,0.5,,10\n2024-01-03,1,2,0.5,1.5,10\n")
    files = [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]
    told = json.loads(CliRunner().invoke(command, [*files, "--dry-run", "--json"]).stdout)
    assert (told["records"], told["symbols"], told["incomplete"], told["topic"]) == (4, 2, 2, "ticks.raw")


def test_a_dry_run_shows_the_first_records(command: typer.Typer) -> None:
    result = CliRunner().invoke(command, ["--simulate", "2", "--bars", "50", "--limit", "60", "--dry-run"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith('1577836860000 SIM0000 {"symbol":"SIM0000","ts":1577836800000,')
    assert lines[-1].startswith("would publish 60 records of 2 symbols to ticks.raw")


def test_a_dry_run_shows_the_rows_of_a_file_once_and_the_last_one(command: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER + "".join(f"2024-01-{day:02d},1,2,0.5,1.5,{day}\n" for day in range(1, 13)))
    lines = CliRunner().invoke(command, [str(file), "--dry-run"]).stdout.splitlines()
    assert [line for line in lines if " 1 2 0.5 1.5 " in line] == [
        *(f"  A 2024-01-{day:02d} 1 2 0.5 1.5 {day}" for day in (1, 2, 3)),
        "  last: A 2024-01-12 1 2 0.5 1.5 12",
    ]
    assert not any("{" in line for line in lines)


def test_rows_that_cannot_be_published_are_told_and_fail(command: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"{HEADER}1965-01-04,1,2,0.5,1.5,10\nsoon,1,2,0.5,1.5,10\n2024-01-02,1,2,0.5,1.5,10\n")
    result = CliRunner().invoke(command, [str(file), "--dry-run", "--interval", "1d"])
    assert result.exit_code == Exit.DATA
    assert "would publish 1 records" in result.output
    assert "not published: 1 rows, the bar closes before 1970" in result.output
    assert "publish leaves them out" in result.output
    assert "not published: 1 rows, the time cannot be read; the first: line 3: soon" in result.output


def test_every_file_is_checked_before_the_first_is_read(command: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"{HEADER}2024-01-02,1,2,0.5,1.5,10\n2024-01-03,1,2,0.5,1.5,10\n")
    result = CliRunner().invoke(command, [str(file), str(tmp_path / "missing.csv"), "--dry-run"])
    assert isinstance(result.exception, DataError)
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [[], ["--dataset", "sp500", "--simulate", "2"]])
def test_exactly_one_source_is_needed(command: typer.Typer, arguments: list[str]) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == Exit.USAGE
    assert "give either files, --dataset or --simulate" in result.output


def forming_file(folder: Path) -> Path:
    """Hourly bars up to one that began half an hour ago, and one of the next day."""
    begun = int(time.time()) - 1_800
    rows = "".join(f"{begun + step * 3_600},1,2,0.5,1.5,10\n" for step in (-3, -2, -1, 0, 24))
    (folder / "live.csv").write_text(f"{HEADER}{rows}")
    return folder / "live.csv"


def test_a_bar_that_has_not_closed_is_held_back_and_counted(command: typer.Typer, tmp_path: Path) -> None:
    arguments = [str(forming_file(tmp_path)), "--dry-run", "--interval", "1h"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == Exit.DATA  # for tomorrow's, not for the forming one
    assert "would publish 3 records" in result.output
    assert "held back: 1 bars that have not closed yet (--include-forming sends them)" in result.output
    assert "not published: 1 rows, the bar begins in the future" in result.output
    told = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).stdout)
    assert (told["records"], told["forming"]) == (3, 1)
    everything = CliRunner().invoke(command, [*arguments, "--include-forming"])
    assert everything.exit_code == Exit.OK
    assert "would publish 5 records" in everything.output
    assert "held back" not in everything.output


def test_simulated_bars_are_those_of_the_seed_whatever_the_time(command: typer.Typer) -> None:
    arguments = ["--simulate", "1", "--bars", "5", "--interval", "999w", "--dry-run", "--json"]
    assert json.loads(CliRunner().invoke(command, arguments).stdout)["records"] == 5
