"""What `alphapulse sweep` writes and prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from worker.cli.tables import print_table

if TYPE_CHECKING:
    from worker.backtest.plan import Choice
    from worker.backtest.sweep import Sweep
    from worker.backtest.sweeping.walking import By
    from worker.engine.asking.settings import StrategySettings

SHOWN = 10  # tries in the printed table
COLUMNS = ("sharpe", "deflated", "total_return", "trades")
STEPS = ("chosen on", "settings", "Sharpe before", "traded on", "Sharpe", "return", "buy and hold")


def axes_of(choices: Sequence[Choice], given: tuple[str, str] | None) -> tuple[str, str] | None:
    """Return the full names of the two parameters of the map; None where fewer than two vary.

    Raises:
        typer.BadParameter: a name is none of the plan's, or stands for several, or both are the same.
    """
    from worker.backtest.report.heat import varying

    if given is None:
        names = varying(choices)
        return (names[0], names[1]) if len(names) > 1 else None
    across, up = (_named(name, list(choices[0])) for name in given)
    if across == up:
        raise typer.BadParameter(f"a map needs two parameters, not {across} twice", param_hint="--map")
    return across, up


def _named(given: str, names: Sequence[str]) -> str:
    found = [name for name in names if name == given] or [name for name in names if name.endswith(f".{given}")]
    if len(found) == 1:
        return found[0]
    told = "several of the plan's parameters end so" if found else "the plan has no such parameter"
    raise typer.BadParameter(f"{given}: {told}; it has {', '.join(names)}", param_hint="--map")


def write(
    out: Path,
    choices: Sequence[Choice],
    found: Sweep,
    plan: dict[str, Any],
    warnings: list[str],
    axes: tuple[str, str] | None,
    inputs: Sequence[str],
    by: By,
    strategy: StrategySettings,
) -> dict[str, Any]:
    """Write page, table and figures to `out`, and return the figures."""
    import msgspec

    from worker.backtest.report.sweep_page import SWEEP_FILE, render_sweep
    from worker.backtest.tables import write_rows
    from worker.files import created

    rows = _rows(choices, found)
    walk = found.walk
    fixed = _strategy(strategy, plan)
    told = {
        "plan": plan,
        "strategy": fixed,
        "tries": rows,
        "walk_forward": {
            "steps": [step._asdict() for step in walk.steps],
            "result": walk.result._asdict(),
            "buy_and_hold": walk.buy_and_hold._asdict(),
        },
        "warnings": warnings,
    }
    page = render_sweep(choices, rows, walk, _about(plan, found, inputs) | _strategy_row(fixed), axes, warnings, by)
    with created(out, "Give another folder to --out"):
        out.mkdir(parents=True, exist_ok=True)
        write_rows(rows, out / "sweep.parquet")
        (out / "sweep.json").write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
        (out / SWEEP_FILE).write_text(page, encoding="utf-8")
    return told


def _rows(choices: Sequence[Choice], found: Sweep) -> list[dict[str, Any]]:
    figures = zip(choices, found.ratios, found.deflated, found.trading, strict=True)
    return [
        {"try": number} | choice | ratios._asdict() | {"deflated": deflated} | account._asdict()
        for number, (choice, ratios, deflated, account) in enumerate(figures)
    ]


def _strategy(strategy: StrategySettings, plan: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return which strategy all tries share, and the parameters that do not vary; None for the rules."""
    if not strategy.name:
        return None
    varied = plan["parameters"]
    fixed = {name: value for name, value in strategy.parameters.items() if f"strategy.parameters.{name}" not in varied}
    return {"name": strategy.name, "version": strategy.version, "digest": strategy.digest, "parameters": fixed}


def _strategy_row(strategy: Mapping[str, Any] | None) -> dict[str, str]:
    if strategy is None:
        return {}
    fixed = ", ".join(f"{name} {value}" for name, value in strategy["parameters"].items())
    told = f"{strategy['name']}, version {strategy['version']}, sha256 {strategy['digest'][:12]}…"
    return {"strategy": told + (f"; {fixed}" if fixed else "")}


def _about(plan: dict[str, Any], found: Sweep, inputs: Sequence[str]) -> dict[str, str]:
    import worker

    first, last = (_date(ms // 86_400_000) for ms in (found.first_ms, found.last_ms))
    return {
        "input": ", ".join(inputs) or "–",
        "period": f"{first} to {last} UTC",
        "tries": f"{len(found.ratios):,}, {plan['draw']}",
        "parameters": "; ".join(f"{name}: {_listed(values)}" for name, values in plan["parameters"].items()),
        "version": worker.__version__,
    }


def _listed(values: list[Any]) -> str:
    shown = [str(value) for value in values]
    return ", ".join(shown) if len(shown) <= 8 else f"{', '.join(shown[:3])} … {shown[-1]} ({len(shown)} values)"


def _date(day: int) -> str:
    import numpy as np

    return str(np.datetime64(day, "D"))


def show(told: dict[str, Any], choices: Sequence[Choice], found: Sweep, out: Path, by: By, json: bool) -> None:
    """Print the best tries and the walk-forward, or everything as JSON."""
    if json:
        import msgspec

        typer.echo(msgspec.json.encode(told).decode())
        return
    from worker.backtest.report.heat import varying
    from worker.backtest.report.sweep_page import ranked, spelled

    names, rows = varying(choices), told["tries"]
    best = [
        (number, *(_cell(rows[number][name]) for name in COLUMNS), spelled(choices[number], names))
        for number in ranked(rows, by)[:SHOWN]
    ]
    print_table(("try", *(name.replace("_", " ") for name in COLUMNS), "settings"), best)
    typer.echo("")
    _show_walk(choices, found, names)
    typer.echo(f"\n{len(rows):,} tries; map, walk-forward and all figures in {out}")


def _show_walk(choices: Sequence[Choice], found: Sweep, names: Sequence[str]) -> None:
    from worker.backtest.figures import write as written
    from worker.backtest.report.sweep_page import spelled

    walk = found.walk
    if not walk.steps:
        typer.echo("walk-forward: too few days for a step")
        return
    lines: list[tuple[str, ...]] = [
        (
            f"{_date(one.begin_day)} to {_date(one.first_day - 1)}",
            spelled(choices[one.chosen], names),
            _cell(one.before),
            f"{_date(one.first_day)} to {_date(one.last_day)}",
            _cell(one.sharpe),
            written("percent", one.total_return),
            written("percent", one.held),
        )
        for one in walk.steps
    ]
    span = f"{_date(walk.steps[0].first_day)} to {_date(walk.steps[-1].last_day)}"
    figures = [written("percent", each.total_return) for each in (walk.result, walk.buy_and_hold)]
    lines.append(("all steps", "", "", span, _cell(walk.result.sharpe), *figures))
    print_table(STEPS, lines, bold=[len(lines) - 1])


def _cell(value: float | int) -> str:
    if value != value:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"
