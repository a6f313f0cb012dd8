"""Tables that `alphapulse backtest` prints after a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from worker.cli.backtest_portfolio import show_risk
from worker.cli.strategy_tables import show_strategy, strategy_line
from worker.cli.tables import print_table

if TYPE_CHECKING:
    from worker.backtest.ledger import Ledger

NEWEST = 10  # trades and years shown; the page has more, the tables all
TRADES = ("symbol", "from", "to", "side", "entry", "exit", "result", "of the budget", "bars", "closed by")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def show(metrics: dict[str, Any], ledgers: Sequence[Ledger]) -> None:
    """Print head, warnings, figures with their verdicts, returns and the newest trades."""
    from worker.backtest.figures import split_warnings

    _head(metrics)
    for line in split_warnings(metrics["splits"]):
        typer.echo(f"warning: {line}")
    _figures(metrics)
    _returns(metrics["returns"])
    _trades(ledgers)
    if "risk" in metrics:
        show_risk(metrics["risk"])
    if "strategy" in metrics:
        show_strategy(metrics["strategy"])


def _head(metrics: dict[str, Any]) -> None:

    parameters = [f"{name} = {value}" for name, value in metrics["parameters"].items()]
    period = "none"
    if metrics["first"] is not None:
        first, last = (metrics[name][:16].replace("T", " ") for name in ("first", "last"))
        period = (
            f"{first} to {last} UTC, {metrics['years']:,.2f} years, {metrics['periods_per_year']:,.0f} returns a year"
        )
    own = metrics.get("strategy")
    facts = {
        "input": ", ".join(metrics["inputs"]) or "none",
        "period": period,
        "bars": f"{metrics['decisions']:,} of {', '.join(metrics['intervals']) or 'none'} accepted, "
        f"{metrics['rejections']:,} records rejected; symbols: {len(metrics['symbols']):,}",
        "costs": "; ".join(map(_cost, metrics["costs"])) or "none",
        **({} if own is None else {"strategy": strategy_line(own)}),
        "parameters" if own is None else "settings": "; ".join(parameters) or "all defaults",
        "version": f"{metrics['version']}, engine {metrics['engine_version']}, "
        f"features {metrics['feature_set_version']}, configuration {metrics['config_hash']}",
    }
    for name, text in facts.items():
        typer.echo(f"{name:11}{text}")


def _cost(one: dict[str, Any]) -> str:
    from worker.backtest.figures import write

    quote = f" {one['quote']}" if one["quote"] else ""
    symbols = f"{one['symbols']:,} symbol{'s' * (one['symbols'] != 1)}"
    return (
        f"{one['profile']} ({symbols}): fee {one['fee_bps']:g} bp, half spread {one['half_spread_bps']:g} bp, "
        f"slippage {one['slippage_bps']:g} bp, budget {write('money', one['budget'])}{quote} each"
    )


def _figures(metrics: dict[str, Any]) -> None:
    from worker.backtest.figures import FIGURES, written

    columns = metrics["portfolio"]
    rows = [
        (
            figure.label,
            *(written(name, columns[column][name]) for column in columns),
            metrics["verdicts"].get(name, ""),
        )
        for name, figure in FIGURES.items()
    ]
    typer.echo()
    print_table(("", *(name.replace("_", " ") for name in columns), "what it means"), rows)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{round(100 * value, 1) + 0.0:.1f}"  # + 0.0: no minus before a zero


def _returns(years: list[dict[str, Any]]) -> None:
    if not years:
        return
    rows = [
        (row["year"], *(_percent(value) for value in (*row["months"], row["total"]))) for row in years[-NEWEST:][::-1]
    ]
    typer.echo("\nreturns of each month and year, %")
    print_table(("", *MONTHS, "year"), rows)
    if len(years) > NEWEST:
        typer.echo(f"the newest {NEWEST} of {len(years)} years; all are in report.html and metrics.json")


def _trades(ledgers: Sequence[Ledger]) -> None:
    import numpy as np

    from worker.backtest.figures import write
    from worker.engine.reasons import Reason

    newest = sorted(
        ((ledger.symbol, ledger.budget, trade) for ledger in ledgers for trade in ledger.trades[-NEWEST:]),
        key=lambda one: (-int(one[2]["exit_ts"]), one[0], -int(one[2]["entry_ts"])),
    )[:NEWEST]
    if not newest:
        return
    rows = []
    for symbol, budget, trade in newest:
        pnl = float(trade["pnl"])
        entered, left = (
            str(np.datetime64(int(trade[name]), "ms"))[:16].replace("T", " ") for name in ("entry_ts", "exit_ts")
        )
        reason = Reason(int(trade["reason"])).name.replace("_", " ") + (" (suspect)" if trade["suspect"] else "")
        rows.append((
            symbol, entered, left, "long" if trade["side"] > 0 else "short", f"{trade['entry']:,.6g}",
            f"{trade['exit']:,.6g}", write("money", pnl), write("percent", pnl / budget),
            write("count", float(trade["bars_held"])), reason,
        ))  # fmt: skip
    count = sum(len(ledger.trades) for ledger in ledgers)
    typer.echo("\ntrades" if count == len(newest) else f"\nthe newest {len(newest)} of {count:,} trades")
    print_table(TRADES, rows)
    if count > len(newest):
        typer.echo("all are in trades.parquet")
