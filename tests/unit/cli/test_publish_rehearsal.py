"""`publish --dry-run` shows how files are read, and ends as a real run would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from worker.cli.publish import publish
from worker.errors import DataError, Exit

HEADER = "Date;Open;High;Low;Close;Volume\n"
ROWS = "2024-03-04;41,15;41,90;40,85;41,60;1200\n2024-03-05;41,60;42,05;41,30;41,75;900\n"


@pytest.fixture
def command() -> typer.Typer:
    """The command as the program registers it."""
    app = typer.Typer()
    app.command()(publish)
    return app


def test_a_rehearsal_shows_format_columns_and_samples(command: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "euro.csv"
    path.write_text(HEADER + ROWS)
    done = CliRunner().invoke(command, [str(path), "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "CSV (semicolon), decimal comma" in done.stdout
    assert "EURO 2024-03-04 41.15 41.9 40.85 41.6 1200" in done.stdout
    told = json.loads(CliRunner().invoke(command, [str(path), "--dry-run", "--json"]).stdout)
    (file,) = told["files"]
    assert (file["decimal"], file["interval"], file["rows"], file["columns"]["close"]) == (",", "1d", 2, "Close")
    assert [bar["close"] for bar in file["samples"]] == [41.6, 41.75]


def test_unreadable_cells_are_counted_and_end_with_65(command: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "euro.csv"
    path.write_text(HEADER + ROWS + "2024-03-06;soon;42,05;41,30;41,75;n/a\n")
    done = CliRunner().invoke(command, [str(path), "--dry-run"])
    assert done.exit_code == Exit.DATA
    assert "unreadable: 1 cell of 'Open'; the first: line 4: 'soon'" in done.output
    done = CliRunner().invoke(command, [str(path), "--dry-run", "--json"])
    told = json.loads(done.stdout)
    assert (told["unreadable"], told["incomplete"], told["records"]) == ({"Open": 1}, 1, 3)


def test_all_files_are_decided_before_the_first_is_sent(command: typer.Typer, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(HEADER + ROWS)
    bad.write_text(HEADER + "05/02/2024;1;1;1;1;1\n06/02/2024;1;1;1;1;1\n")
    done = CliRunner().invoke(command, [str(good), str(bad), "--dry-run"])
    assert isinstance(done.exception, DataError)
    assert "--date-format" in done.exception.fix
    assert "GOOD" not in done.stdout


def test_standard_input(command: typer.Typer) -> None:
    done = CliRunner().invoke(command, ["-", "--symbol", "ABC", "--dry-run", "--json"], input=HEADER + ROWS)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["files"][0]["symbol"] == "ABC"
