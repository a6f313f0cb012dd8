"""`alphapulse demo`: the whole system in one minute."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.common import Bootstrap, Json, quiet_logs
from worker.cli.values import finite
from worker.errors import Exit

if TYPE_CHECKING:
    from worker.demo.screen import Screen
    from worker.demo.summary import Summary

Symbols = Annotated[int, typer.Option("--symbols", min=12, max=10_000, help="Simulated symbols.")]
Seconds = Annotated[
    float, typer.Option("--seconds", min=5.0, max=600.0, callback=finite, help="Minimum time to publish, in seconds.")
]
Rate = Annotated[float, typer.Option("--rate", min=100.0, max=50_000.0, callback=finite, help="Records per second.")]
Keep = Annotated[bool, typer.Option("--keep", help="Let a market go on until Ctrl-C; keep the broker and the topics.")]


def demo(
    symbols: Symbols = 240,
    seconds: Seconds = 18.0,
    rate: Rate = 4_000.0,
    keep: Keep = False,
    bootstrap: Bootstrap = None,
    json: Json = False,
) -> None:
    """Run a real Kafka, real and simulated bars, a kill -9 and a market crash, and prove that nothing is lost."""
    from worker.demo.place import Options
    from worker.demo.run import run_demo

    quiet_logs()
    screen = _screen(json)
    screen.say("AlphaPulse demo: a real Kafka, real bars, one kill -9, one market crash. Ctrl-C cleans up at any time.")
    screen.say()
    try:
        summary = run_demo(Options(symbols, seconds, rate, bootstrap, keep), screen)
    except KeyboardInterrupt:
        typer.echo("interrupted; workers, broker and temporary files are gone", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None
    _show(summary, json)


def _screen(json: bool) -> Screen:
    """Return a screen on standard output, or on standard error if `json` uses standard output."""
    from rich.console import Console

    from worker.demo.live import LiveScreen
    from worker.demo.screen import PlainScreen

    out = sys.stderr if json else sys.stdout
    console = Console(file=out)
    return LiveScreen(console) if console.is_terminal and not console.is_dumb_terminal else PlainScreen(out)


def _show(summary: Summary, json: bool) -> None:
    if json:
        import msgspec

        typer.echo(msgspec.json.encode(summary.as_dict()).decode())
        return
    from worker.demo.summary import how_to_go_on

    typer.echo("\nWhat you have seen")
    for line in summary.lines():
        typer.echo(line)
    if summary.where.kept:
        typer.echo(f"\nNext steps (Kafka still runs at {summary.where.bootstrap})")
    else:
        typer.echo("\nNext steps (the demo has removed everything that it created)")
    for line in how_to_go_on(summary.where):
        typer.echo(line)
