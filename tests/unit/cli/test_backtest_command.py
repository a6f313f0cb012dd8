"""`backtest` reads any kind of file and writes the same bytes for the same bars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
import typer
from typer.testing import CliRunner

from tests.support.strategies import STRATEGIES
from worker.backtest.parts import DECISIONS, REJECTIONS
from worker.cli.backtest import backtest
from worker.cli.sweep import sweep
from worker.errors import ConfigError, DataError, Exit
from worker.sources.recording import read_recording, write_recording
from worker.sources.report import ReadReport
from worker.sources.source import open_file, read_records

ARROW: Any = pyarrow
COLUMNS = ("symbol", "ts", "open", "high", "low", "close", "volume")
START, DAY, BARS = 1_704_067_200_000, 86_400_000, 80
WRITTEN = {DECISIONS, REJECTIONS, "trades.parquet", "equity.parquet", "metrics.json", "report.html"}


@pytest.fixture
def command() -> typer.Typer:
    """The command as the program registers it."""
    app = typer.Typer()
    app.command()(backtest)
    return app


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The same bars of two symbols as CSV, Parquet and a recording; some are faulty."""
    rows: list[tuple[Any, ...]] = []
    for bar in range(BARS):
        for symbol, level in (("B", 50.0), ("A", 20.0)):
            low = level + bar % 9 / 7
            high = low + 1.5 if bar % 31 else low - 1.0
            rows.append((symbol, START + bar * DAY, low + 0.5, high, low, low + 0.75, 1_000.0 + bar))
    found = {kind: tmp_path / f"bars.{kind}" for kind in ("csv", "parquet", "jsonl")}
    lines = [",".join(COLUMNS), *(",".join(map(repr, row)).replace("'", "") for row in rows)]
    found["csv"].write_text("\n".join(lines) + "\n")
    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    ARROW.parquet.write_table(ARROW.table(columns), found["parquet"])
    write_recording(read_records(open_file(found["csv"], None, ReadReport())), found["jsonl"])
    return found


def test_a_file_of_any_kind_gives_the_same_bytes(command: typer.Typer, files: dict[str, Path], tmp_path: Path) -> None:
    lines = {}
    for kind, path in files.items():
        out = tmp_path / kind
        done = CliRunner().invoke(command, [str(path), "--out", str(out), "-n", "1", "--json", "--truncate-check", "2"])
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout.splitlines()[0])
        assert (told["records"], told["decisions"] + told["rejections"]) == (2 * BARS, 2 * BARS)
        assert {file.name for file in out.iterdir()} == WRITTEN
        lines[kind] = [(out / name).read_bytes().splitlines() for name in (DECISIONS, REJECTIONS)]
    assert lines["csv"] == lines["parquet"] == lines["jsonl"]
    decisions, rejections = lines["csv"]
    assert len(rejections) == 6
    assert [json.loads(line)["symbol"] for line in decisions] == ["B"] * (BARS - 3) + ["A"] * (BARS - 3)


MORE = {"portfolio.jsonl", "journal.jsonl", "risk_state.jsonl"}


def test_a_portfolio_is_played_on_one_clock_and_again(
    command: typer.Typer, files: dict[str, Path], tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    done = CliRunner().invoke(command, [str(files["csv"]), "--out", str(first), "-n", "1", "--portfolio"])
    assert done.exit_code == 0, done.output
    assert "risk of the portfolio" in done.stdout
    assert "limits tripped: none" in done.stdout
    assert {file.name for file in first.iterdir()} == WRITTEN | MORE
    decisions = [json.loads(line) for line in (first / DECISIONS).read_bytes().splitlines()]
    assert [one["symbol"] for one in decisions] == ["A", "B"] * (BARS - 3)
    assert decisions[-1]["control_all_version"] > 0
    steps = [json.loads(line) for line in (first / "portfolio.jsonl").read_bytes().splitlines()]
    assert steps[-1]["cut"] == [len(decisions)]
    assert steps[-1]["ts"] == decisions[-1]["close_ts"]
    assert "bars of 1d, but risk.returns = 1h" in done.stderr
    keys = {record.key for record in read_recording(first / "risk_state.jsonl")}
    assert {b"head", b"rows-0", b"ret-0"} <= keys
    given = [str(files["parquet"]), "--out", str(second), "-n", "2", "--replay", str(first), "--json"]
    done = CliRunner().invoke(command, given)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["risk"] == json.loads((first / "metrics.json").read_text())["risk"]
    for name in (WRITTEN | MORE) - {"metrics.json", "report.html"}:  # which name their input
        assert (second / name).read_bytes() == (first / name).read_bytes(), name


def test_a_folder_without_a_portfolio_is_no_replay(
    command: typer.Typer, files: dict[str, Path], tmp_path: Path
) -> None:
    given = [str(files["csv"]), "--out", str(tmp_path / "out"), "--replay", str(tmp_path)]
    done = CliRunner().invoke(command, given)
    assert isinstance(done.exception, DataError)
    assert "Give the folder of a --portfolio run" in done.exception.fix
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_limit_counts_records(command: typer.Typer, files: dict[str, Path], tmp_path: Path, kind: str) -> None:
    given = [str(files[kind]), "--out", str(tmp_path / "out"), "-n", "1", "--limit", "50", "--json"]
    assert json.loads(CliRunner().invoke(command, given).stdout)["records"] == 50


def test_nothing_to_play_is_no_failure(command: typer.Typer, files: dict[str, Path], tmp_path: Path) -> None:
    given = [str(files["csv"]), "--out", str(tmp_path / "out"), "--limit", "0"]
    done = CliRunner().invoke(command, given)
    assert done.exit_code == 0, done.output
    assert "0 records of 0 symbols" in done.stdout


def test_what_cannot_be_read_is_told_before_anything_is_written(
    command: typer.Typer, files: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(command, [str(files["csv"]), str(tmp_path / "absent.csv"), "--out", str(out)])
    assert isinstance(done.exception, DataError)
    assert not out.exists()


@pytest.fixture
def missing_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry without the model that the settings name."""
    registry = tmp_path / "models"
    registry.mkdir()
    digest = f'digest = "{"0" * 64}"'
    (tmp_path / "alphapulse.toml").write_text(
        f'[models]\nregistry = "{registry}"\n[engine.model]\nname = "absent"\nversion = "1.0.0"\n{digest}\n'
    )
    monkeypatch.chdir(tmp_path)
    return registry


def test_a_missing_model_ends_it_before_anything_is_written(
    command: typer.Typer, files: dict[str, Path], tmp_path: Path, missing_model: Path
) -> None:
    done = CliRunner().invoke(command, [str(files["csv"]), "--out", str(tmp_path / "out")])
    assert isinstance(done.exception, ConfigError)
    assert done.exception.exit_code == Exit.CONFIG
    assert done.exception.message.startswith("the model absent@1.0.0 can't be used: ")
    assert "--without-model" in done.exception.fix
    assert not (tmp_path / "out").exists()


def test_a_sweep_asks_for_its_models_too(files: dict[str, Path], tmp_path: Path, missing_model: Path) -> None:
    app = typer.Typer()
    app.command()(sweep)
    plan = tmp_path / "plan.toml"
    plan.write_text('[parameters]\n"decision.trail_atr" = [2.0, 3.0]\n')
    done = CliRunner().invoke(app, [str(plan), str(files["csv"]), "--out", str(tmp_path / "out")])
    assert isinstance(done.exception, ConfigError)
    assert "the model absent@1.0.0 can't be used" in done.exception.message


def test_without_the_model_everything_says_so(
    command: typer.Typer, files: dict[str, Path], tmp_path: Path, missing_model: Path
) -> None:
    out = tmp_path / "out"
    given = [str(files["csv"]), "--out", str(out), "-n", "1", "--json", "--without-model"]
    done = CliRunner().invoke(command, given)
    assert done.exit_code == 0, done.output
    told = "the model absent@1.0.0 can't be used"
    assert f"warning: {told}" in done.stderr
    for metrics in (json.loads(done.stdout), json.loads((out / "metrics.json").read_text())):
        assert [text.startswith(told) for text in metrics["warnings"]] == [True]
    assert told in (out / "report.html").read_text()
    decision = json.loads((out / DECISIONS).read_text().splitlines()[0])
    assert decision["model"] == {"id": "absent", "version": "1.0.0", "status": "load_error"}


def test_a_symbol_of_a_recording_is_chosen_before_the_limit(
    command: typer.Typer, files: dict[str, Path], tmp_path: Path
) -> None:
    given = [str(files["jsonl"]), "--out", str(tmp_path / "out"), "-n", "1", "--symbol", "A", "--limit", "60", "--json"]
    told = json.loads(CliRunner().invoke(command, given).stdout)
    assert (told["records"], set(told["symbols"])) == (60, {"A"})


def test_monthly_bars_are_told_of_in_calendar_months(command: typer.Typer, tmp_path: Path) -> None:
    path, out = tmp_path / "index.csv", tmp_path / "out"
    months = [f"{2010 + month // 12}-{month % 12 + 1:02}-01" for month in range(121)]
    rows = [f"{date},{p},{p},{p},{p},1000" for date, p in zip(months, (100 * 2 ** (n / 120) for n in range(121)))]  # noqa: B905
    path.write_text("Date,Open,High,Low,Close,Volume\n" + "\n".join(rows) + "\n")
    done = CliRunner().invoke(command, [str(path), "--out", str(out), "-n", "1"])
    assert done.exit_code == 0, done.output
    for text in ("index.csv", "121 of 1mo accepted", "2010-01-01 00:00 to 2020-02-01 00:00 UTC", "12 returns a year"):
        assert text in done.stdout
    held = json.loads((out / "metrics.json").read_text())["portfolio"]["buy_and_hold"]
    assert held["cagr"] == pytest.approx(0.0718, abs=0.002)
    last = json.loads((out / DECISIONS).read_text().splitlines()[1])
    assert (last["ts"], last["close_ts"]) == (1_264_982_400_000, 1_267_401_600_000)  # February 2010


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["a.csv", "--dataset", "sp500"],
        ["a.csv", "--from", "3"],
        ["--topic", "t", "--from", "3", "--to", "3"],
        ["--topic", "t", "--interval", "1d"],
        ["--topic", "t", "--sort"],
        ["a.csv", "--acknowledge", "1"],
        ["a.csv", "--replay", "a", "--out", "b", "--acknowledge", "1"],
        ["a.csv", "--replay", "a", "--out", "a"],
        ["a.csv", "--portfolio", "--truncate-check", "1"],
    ],
)
def test_options_that_do_not_go_together(command: typer.Typer, given: list[str]) -> None:
    assert CliRunner().invoke(command, given).exit_code == Exit.USAGE


def test_what_was_decided_is_shown(command: typer.Typer, files: dict[str, Path], tmp_path: Path) -> None:
    given = [str(files["csv"]), "--out", str(tmp_path / "out"), "-n", "1"]
    done = CliRunner().invoke(command, given)
    assert done.exit_code == 0, done.output
    assert "bars.csv: CSV (comma), decimal point; times: epoch ms; zone: UTC (epoch); interval: 1d" in done.stdout
    assert "160 rows, 2024-01-01 .. 2024-03-20" in done.stdout
    told = json.loads(CliRunner().invoke(command, [*given, "--json"]).stdout)
    assert [(file["rows"], file["interval"], len(file["samples"])) for file in told["files"]] == [(160, "1d", 3)]


def test_a_file_without_one_readable_row_is_refused(command: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    for rows in ("", "2024-01-02,x,x,x,x,x\n"):
        path.write_text("date,open,high,low,close,volume\n" + rows)
        done = CliRunner().invoke(command, [str(path), "--out", str(tmp_path / "out")])
        assert isinstance(done.exception, DataError)
        assert done.exception.exit_code == Exit.DATA
        assert not (tmp_path / "out").exists()


def test_the_options_decide(command: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "euro.csv"
    rows = "".join(f"0{day}/02/2024 09:00;1,841;1,842;1,840;1,841;900;7\n" for day in range(1, 9))
    path.write_text("Tag;Open;High;Low;Close;Volume;Umsatz\n" + rows)
    options = ["--date-format", "dayfirst", "--decimal", ",", "--timezone", "Europe/Berlin", "--column", "ts=Tag"]
    given = [str(path), "--out", str(tmp_path / "out"), "-n", "1", "--json", *options, "--column", "volume=7"]
    told = json.loads(CliRunner().invoke(command, given).stdout)
    (file,) = told["files"]
    assert (file["symbol"], file["interval"], file["decimal"]) == ("EURO", "1d", ",")
    first = file["samples"][0]
    assert (first["ts"], first["open"], first["volume"]) == (1_706_774_400_000, 1.841, 7.0)


@pytest.mark.parametrize(
    "given", [["--decimal", "x"], ["--date-format", "soon"], ["--timezone", "Mars"], ["--column", "volume"]]
)
def test_an_option_that_says_nothing(
    command: typer.Typer, files: dict[str, Path], tmp_path: Path, given: list[str]
) -> None:
    done = CliRunner().invoke(command, [str(files["csv"]), "--out", str(tmp_path / "out"), *given])
    assert isinstance(done.exception, ConfigError)
    assert done.exception.fix


def test_bars_before_1970_are_played_with_a_note(command: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(f"{','.join(COLUMNS[1:])}\n" + "".join(f"1969-12-{day},1,2,0.5,1.5,9\n" for day in (29, 30, 31)))
    done = CliRunner().invoke(command, [str(file), "--out", str(tmp_path / "out"), "-n", "1"])
    assert done.exit_code == 0, done.output
    assert "3 records of 1 symbols" in done.output
    assert "a backtest plays bars that close before 1970, publish leaves them out" in done.output


def test_many_rejections_are_told_by_code_with_a_warning(command: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    days = [f"2024-{month:02d}-{day:02d}" for month in (1, 2) for day in range(1, 29)]
    rows = [f"{day},10,{11 if n % 2 else 9},10,10.5,100" for n, day in enumerate(days)]
    file.write_text("date,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    done = CliRunner().invoke(command, [str(file), "--out", str(tmp_path / "out"), "-n", "1"])
    assert done.exit_code == 0, done.output
    assert "warning: 28 of 56 records were rejected" in done.output
    assert "rejected: 28 ohlc_inconsistent" in done.output
    assert "28 rows have their high below the low" in done.output


def test_a_strategy_of_a_file_decides(command: typer.Typer, tmp_path: Path) -> None:
    file, out = tmp_path / "own.py", tmp_path / "out"
    file.write_text(STRATEGIES["breakout"])
    given = ["--dataset", "sp500", "--limit", "400", "--strategy", str(file), "--set", "slow=1d", "--out", str(out)]
    for more in ([], ["--set", "enter=10"]):
        result = CliRunner().invoke(command, [*given, *more])
        assert result.exit_code == 0, result.output
        lines = (out / "decisions.jsonl").read_text().splitlines()
        last = json.loads(lines[-1])["strategy"]
        assert (last["id"], last["version"]) == ("breakout", 3)
        assert any('"tag":"breakout"' in line for line in lines)


@pytest.mark.parametrize(
    ("given", "code", "sentence"),
    [
        (["--set", "enter"], Exit.USAGE, "name=value"),
        (["--set", "enter=1"], Exit.CONFIG, "engine.strategy.parameters.enter"),
    ],
)
def test_parameters_that_do_not_fit(
    command: typer.Typer, tmp_path: Path, given: list[str], code: int, sentence: str
) -> None:
    file = tmp_path / "own.py"
    file.write_text(STRATEGIES["breakout"])
    result = CliRunner().invoke(command, ["--dataset", "sp500", "--strategy", str(file), *given])
    said = f"{result.output}{result.exception}"
    assert sentence in said
    assert result.exit_code == code or getattr(result.exception, "exit_code", None) == code
