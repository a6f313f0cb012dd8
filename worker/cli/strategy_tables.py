"""Tables of what a strategy said over a backtest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from worker.cli.tables import print_table

RESULTS = ("trades", "with a gain", "result", "of a trade", "bars held")
DIGITS = 12  # of the digest


def strategy_line(own: Mapping[str, Any]) -> str:
    """Return name, version, digest, and the parameters that are not their defaults."""
    other = [f"{one['name']} = {one['value']}" for one in own["parameters"] if one["value"] != one["default"]]
    return f"{own['name']}, version {own['version']}, sha256 {own['digest'][:DIGITS]}…; " + (
        ", ".join(other) or "all parameters as they are declared"
    )


def show_strategy(own: Mapping[str, Any]) -> None:
    """Print the bars by status, the results by tag, and what was asked for and not done."""
    typer.echo()
    rows = [(one["status"], f"{one['bars']:,}", _when(one["first"]), one["meaning"]) for one in own["statuses"]]
    print_table(("status", "bars", "first", "meaning"), rows)
    for one in own["unknown"]:
        symbols = f"{one['symbols']:,} symbol{'s' * (one['symbols'] != 1)}"
        typer.echo(f"hint: {one['indicator']} was known at no bar of {symbols}: {_needs(own, one)}")
    for title, name in (("entered by", "tags"), ("left by", "exits")):
        if own[name]:
            typer.echo()
            print_table((title, *RESULTS), [_result(one) for one in own[name]])
    if own["not_done"]:
        typer.echo()
        rows = [(one["tag"], one["reason"], f"{one['bars']:,}", _when(one["first"])) for one in own["not_done"]]
        print_table(("asked with", "first reason against it", "bars", "first"), rows)
    typer.echo()


def _result(one: Mapping[str, Any]) -> tuple[str, ...]:
    from worker.backtest.figures import write

    figures = (("percent", "hit_rate"), ("money", "pnl"), ("money", "mean"), ("number", "bars_held"))
    return (one["tag"], f"{one['trades']:,}", *(write(unit, one[name]) for unit, name in figures))


def _when(first: Mapping[str, Any]) -> str:
    import numpy as np

    return f"{str(np.datetime64(first['ts'], 'ms'))[:16].replace('T', ' ')} {first['symbol']}"


def _needs(own: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    known = next((each for each in own["indicators"] if each["name"] == one["indicator"]), None)
    if one["indicator"].startswith("c.extra."):
        return "their ticks have no such number"
    if known is None:
        return "observe never published it"
    bars = f"{known['warm_up']:,} bar{'s' * (known['warm_up'] != 1)}"
    if known["timeframe"]:
        return f"it needs {bars} of {known['timeframe']}, made of bars that are no longer"
    return f"it needs {bars}"
