"""`alphapulse risk stress`: what past and given shocks would do to the portfolio."""

from __future__ import annotations

import math
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.common import Bootstrap, Group, Json, Prefix, quiet_logs, run_async, settings_with
from worker.cli.output import print_json
from worker.cli.tables import print_table

if TYPE_CHECKING:
    from worker.risk.stress import Shocked, Stress
    from worker.settings import Settings

LISTED = 20  # symbols in the table: those that would lose most; --json has all

From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help="Folder of a --portfolio backtest, or a recording of a monitor's state (.jsonl), instead of the running "
        "monitor's.",
        show_default=False,
    ),
]
Shocks = Annotated[
    list[str] | None,
    typer.Option(
        "--shock",
        metavar="NAME=-10%",
        help="A move of a symbol, of a group or of `all`; the narrowest counts. Repeatable: one scenario.",
        show_default=False,
    ),
]


def stress(
    from_: From = None,
    shock: Shocks = None,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """Revalue the portfolio under the worst returns of its own past, and under given ones."""
    moves = dict(map(_move, shock or ()))
    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    from worker.risk.stress import WINDOWS, Stress
    from worker.settings import load_engine_of

    portfolio = Stress(settings.risk, load_engine_of(settings), _stored(settings, from_))
    _check_known(portfolio, moves)
    shocks = [past for rows in WINDOWS if (past := portfolio.past(rows)) is not None]
    if moves:
        name = ", ".join(f"{name} {100 * move:+g}%" for name, move in moves.items())
        shocks.append(portfolio.given(name, moves))
    found = [portfolio.now, *map(portfolio.after, shocks)]
    if json:
        print_json(_told(portfolio, found, settings.risk.currency))
        return
    _show(portfolio, found, settings.risk.currency)


def _move(text: str) -> tuple[str, float]:
    """Return name and simple return of `NAME=-10%`."""
    name, _, value = text.rpartition("=")
    try:
        move = float(value.removesuffix("%")) / 100.0
    except ValueError:
        move = math.nan
    if not name or not value.endswith("%") or not math.isfinite(move):
        raise typer.BadParameter(f"{text!r} is no shock: write NAME=-10%", param_hint="'--shock'")
    if move < -1.0:
        raise typer.BadParameter(f"{text!r}: nothing falls by more than 100%", param_hint="'--shock'")
    return name, move


def _check_known(portfolio: Stress, moves: dict[str, float]) -> None:
    for name in portfolio.unknown(moves):
        groups = {group for group in portfolio.held.groups if group is not None}
        near = get_close_matches(name, ["all", *portfolio.symbols, *groups], 1)
        hint = f"did you mean {near[0]!r}?" if near else "give one of its symbols, a group of the settings, or all"
        raise typer.BadParameter(f"the portfolio has no symbol or group {name!r}: {hint}", param_hint="'--shock'")


def _stored(settings: Settings, path: Path | None) -> dict[str, bytes]:
    """Return the newest record of each key."""
    from worker.operate.risk_state import newest, read_risk_state

    if path is None:
        return run_async(read_risk_state(settings))
    from worker.backtest.portfolio.folder import STATE
    from worker.errors import DataError
    from worker.sources.recording import read_recording

    file = path / STATE if path.is_dir() else path
    found = newest(read_recording(file))
    if not found:
        raise DataError(f"{file} holds no state of a portfolio", "Give the folder of a --portfolio backtest")
    return found


def _told(portfolio: Stress, found: list[Shocked], currency: str) -> dict[str, Any]:
    held = portfolio.held
    rows = zip(held.symbols, held.groups, held.ordered.tolist(), strict=True)
    return {
        "ts": portfolio.ts,
        "currency": currency,
        "equity": portfolio.now.equity,
        "positions": [{"symbol": symbol, "group": group, "notional": notional} for symbol, group, notional in rows],
        "unmodelled": portfolio.unmodelled,
        "scenarios": [_scenario(portfolio, one) for one in found],
    }


def _scenario(portfolio: Stress, one: Shocked) -> dict[str, Any]:
    gross, net = one.measured.exposure.shares(one.equity)
    symbols = portfolio.held.symbols
    return {
        "name": one.shock.name,
        "ended_ts": one.shock.ended_ts,
        "loss": one.loss,
        "loss_share": _finite(one.loss / portfolio.now.equity) if portfolio.now.equity > 0.0 else None,
        "equity": one.equity,
        "leverage": _finite(gross),
        "net": _finite(net),
        "moves": dict(zip(symbols, one.shock.returns.tolist(), strict=True)),
        "symbols": dict(zip(symbols, one.losses.tolist(), strict=True)),
        "groups": portfolio.by_group(one.losses),
        "trips": [
            {"rule": trip.rule, "key": trip.key, "figure": _finite(trip.figure), "limit": trip.limit}
            for trip in one.trips
        ],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _show(portfolio: Stress, found: list[Shocked], currency: str) -> None:
    from worker.backtest.figures import write

    equity = portfolio.now.equity
    typer.echo(f"portfolio at {_time(portfolio.ts)} UTC: equity {write('money', equity)} {currency}")
    rows = []
    for one in found:
        gross, net = one.measured.exposure.shares(one.equity)
        trips = ", ".join(trip.rule if trip.key == "*" else f"{trip.rule} {trip.key}" for trip in one.trips)
        share = one.loss / equity if equity > 0.0 else math.nan
        figures = (write("money", one.loss), *(write("percent", part) for part in (share, gross, net)))
        until = "" if one.shock.ended_ts is None else _time(one.shock.ended_ts)
        rows.append((one.shock.name, until, *figures, trips or "none"))
    print_table(("shock", "until", "loss", "of the equity", "leverage after", "net after", "would trip"), rows)
    _show_parts(portfolio, found[1:])
    if portfolio.unmodelled:
        names = ", ".join(portfolio.unmodelled)
        typer.echo(f"past shocks take the worst of the stated volatility for lack of returns: {names}")


def _show_parts(portfolio: Stress, found: list[Shocked]) -> None:
    """Print the losses of groups and of the symbols that would lose most."""
    from worker.backtest.figures import write

    held = portfolio.held
    if not held.symbols:
        typer.echo("no position is held")
        return
    if not found:
        return
    groups = [portfolio.by_group(one.losses) for one in found]
    rows = [(f"group {name}", "", *(write("money", one[name]) for one in groups)) for name in groups[0]]
    worst = sorted(range(len(held.symbols)), key=lambda at: (-max(float(one.losses[at]) for one in found), at))
    rows += [
        (
            held.symbols[at],
            write("money", float(held.ordered[at])),
            *(write("money", float(one.losses[at])) for one in found),
        )
        for at in worst[:LISTED]
    ]
    typer.echo("\nlosses")
    print_table(("", "notional", *(one.shock.name for one in found)), rows)
    if len(worst) > LISTED:
        typer.echo(f"the {LISTED} of {len(worst):,} symbols that would lose most; --json has all")


def _time(ts: int) -> str:
    import numpy as np

    return str(np.datetime64(ts, "ms"))[:16].replace("T", " ")
