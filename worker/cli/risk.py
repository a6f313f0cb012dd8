"""`alphapulse risk`: the monitor of the portfolio's risk, and what operators ask of it."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from worker.cli import risk_stress
from worker.cli.choices import Acknowledged
from worker.cli.common import (
    Bootstrap,
    Group,
    Json,
    OpsPort,
    Prefix,
    quiet_logs,
    run_async,
    run_to_exit_code,
    settings_with,
)
from worker.cli.output import print_facts, print_json

app = typer.Typer(
    help="Run the monitor of the portfolio's risk until SIGTERM; further ones wait as standbys.",
    invoke_without_command=True,
)


@app.callback()
def risk(
    ctx: typer.Context,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    ops_port: OpsPort = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild a deleted state from the topics of decisions and portfolio.")
    ] = False,
    json: Json = False,
) -> None:
    """Run the monitor of the portfolio's risk until SIGTERM; further ones wait as standbys."""
    if ctx.invoked_subcommand is not None:
        return
    from worker.stream.shutdown import end_process, leave_at_once

    leave_at_once()
    settings = settings_with(bootstrap, group, prefix, ops={"port": ops_port})
    from worker.telemetry.log import configure

    configure(settings.log, worker_id=f"{os.uname().nodename}-{os.getpid()}", group=settings.risk_group)
    from worker.engine.compiled.blas import without_blas
    from worker.monitoring.process import RiskProcess

    without_blas()
    # The client library's tasks may never end, and closing an event loop waits for them.
    end_process(run_to_exit_code(RiskProcess(settings, rebuild, print_facts if json else None).run()))


@app.command()
def show(bootstrap: Bootstrap = None, group: Group = None, prefix: Prefix = None, json: Json = False) -> None:
    """Show the portfolio's newest figures beside their limits."""
    import msgspec

    from worker.cli.risk_tables import show as show_table
    from worker.monitoring.portfolios import last

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    found = run_async(last(settings))
    if json:
        print_json(None if found is None else msgspec.Raw(found.value))
    elif found is None:
        typer.echo(f"{settings.topics.figures} holds no record: the monitor has taken no step", err=True)
    else:
        show_table(found.portfolio, settings.risk)


@app.command()
def acknowledge(
    subject: Annotated[Acknowledged, typer.Argument(help="What to acknowledge.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Reason, stored in the record.", show_default=False)],
    who: Annotated[
        str | None, typer.Option(help="Name of the operator (default: user@host).", show_default=False)
    ] = None,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """Acknowledge a kill, which then ends with the UTC day, or decisions that can't be read."""
    import msgspec

    from worker.operate.acts.acknowledgement import acknowledge as write
    from worker.operate.acts.intent import local_user

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    act = run_async(write(settings, subject, who or local_user(), reason))
    if json:
        print_json({"topic": settings.topics.acts} | msgspec.to_builtins(act))
    else:
        typer.echo(f"{settings.topics.acts}: {subject} acknowledged")


app.command()(risk_stress.stress)
