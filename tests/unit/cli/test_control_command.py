"""What `alphapulse control` takes for a time, and what it refuses before it looks for a broker."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from worker.cli.control import app
from worker.engine.rescaling.ratio import price_factor
from worker.errors import ConfigError, Exit


def test_no_limit_is_no_change() -> None:
    done = CliRunner().invoke(app, ["set", "*", "--reason", "drill"])
    assert done.exit_code == Exit.USAGE
    assert "give at least one of" in done.output


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["set", "*", "--block", "--effective-ts", "yesterday"], "'yesterday' is not a date or time"),
        (["set", "*", "--block", "--effective-ts", "1706659200"], "too small for epoch ms"),
        (["set", "*", "--risk-mult", "1.5"], "less than or equal to 1"),
        (["set", "*", "--max-notional", "-1"], "greater than or equal to 0"),
        (["set", "*", "--max-notional", "inf"], "not a finite number"),
        (["model"], "give NAME and VERSION"),
        (["model", "a"], "give NAME and VERSION"),
        (["model", "a", "1.0.0", "--none"], "mutually exclusive"),
        (["model", "--none", "--configured"], "mutually exclusive"),
        (["model", "--none", "--digest", "0" * 64], "mutually exclusive"),
        (["model", "--configured", "--effective-ts", "2024-01-31"], "takes no --digest"),
        (["split", "AAPL", "4:1"], "Missing option '--ex'"),
        (["split", "AAPL", "4:1", "--ex", "soon"], "'soon' is not a date or time"),
    ],
)
def test_what_does_not_fit_is_told_before_a_broker_is_asked(given: list[str], told: str) -> None:
    done = CliRunner().invoke(app, given)
    assert done.exit_code == Exit.USAGE
    assert told in " ".join(done.output.replace("│", " ").split())


@pytest.mark.parametrize("key", ["SIM 3", "", "ÄRZTE", "A" * 65])
def test_a_key_that_no_bar_can_have_is_refused(key: str) -> None:
    done = CliRunner().invoke(app, ["set", key, "--block"])
    assert isinstance(done.exception, ConfigError)
    assert "is not a valid symbol" in done.exception.message


@pytest.mark.parametrize("key", ["SIM 3", "ÄRZTE", "*"])
def test_a_split_is_of_a_symbol(key: str) -> None:
    done = CliRunner().invoke(app, ["split", key, "4:1", "--ex", "2026-06-10"])
    assert isinstance(done.exception, ConfigError)


@pytest.mark.parametrize("ratio", ["4", "4-1", "0:1", "4:0", "4:4", "-4:1", "1.5:1", "20000:1", "1:20000", "4:1 ", ""])
def test_what_is_no_ratio_is_refused_with_how_to_write_one(ratio: str) -> None:
    done = CliRunner().invoke(app, ["split", "--ex", "2026-06-10", "--", "AAPL", ratio])
    assert isinstance(done.exception, ConfigError)
    assert done.exception.fix is not None
    assert "4:1, 3:2, or 1:20" in done.exception.fix


@pytest.mark.parametrize(("ratio", "factor"), [("4:1", 0.25), ("3:2", 2 / 3), ("1:20", 20.0), ("10000:1", 1e-4)])
def test_a_ratio_says_what_prices_are_multiplied_by(ratio: str, factor: float) -> None:
    assert price_factor(ratio) == factor
