"""Options that do not go together, or would have no effect, are refused by name."""

from __future__ import annotations

import shlex

import pytest
from typer.testing import CliRunner

from tests.unit.cli.commands import program
from worker.errors import Exit


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("publish", "give either files, --dataset or --simulate"),
        ("publish a.csv --dataset sp500", "give either files, --dataset or --simulate"),
        ("publish a.csv --bars 5 --seed 1", "--bars and --seed would have no effect without --simulate"),
        ("publish --simulate 3 --sort", "--sort would have no effect with --simulate"),
        ("publish --simulate 3 --symbol A", "--symbol would have no effect"),
        ("export x.parquet --input a.jsonl --topic t", "--input and --topic are mutually exclusive"),
        ("export x.parquet --input a.jsonl -b h:1", "--input and --bootstrap-servers are mutually exclusive"),
        ("export x.parquet --since 2024-02-01 --until 2024-01-31", "the end must come later"),
        ("decisions --since 2024-02-01 --until 2024-02-01", "the end must come later"),
        ("decisions --rejected --action hold", "with --rejected use --code"),
        ("decisions --rejected --reason vol_gate", "with --rejected use --code"),
        ("backtest a.csv --topic t", "give either files, --dataset or --topic"),
        ("backtest --topic t --from 5 --to 5", "no offsets from 5 to 5"),
        ("broker start --docker --brokers 3", "a container holds one broker"),
        ("broker run --brokers 3 --advertised h:1", "one advertised address can't serve several brokers"),
    ],
)
def test_it_is_told_which(command: str, told: str) -> None:
    done = CliRunner().invoke(program(), shlex.split(command))
    assert done.exit_code == Exit.USAGE
    assert told in " ".join(done.output.replace("│", " ").split())
