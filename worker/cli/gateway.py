"""`alphapulse gateway`: REST, live stream and pages over the topics."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from worker.cli import gateway_token
from worker.cli.common import Bootstrap, Group, Json, OpsPort, Prefix, run_to_exit_code, settings_with
from worker.cli.output import print_facts

app = typer.Typer(help="Serve REST, live stream and pages until SIGTERM.", invoke_without_command=True)


@app.callback()
def gateway(
    ctx: typer.Context,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on (default: gateway.host).", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65_535, help="Port (default: gateway.port); 0: any free.", show_default=False
        ),
    ] = None,
    ops_port: OpsPort = None,
    json: Json = False,
) -> None:
    """Serve REST, live stream and pages until SIGTERM."""
    if ctx.invoked_subcommand is not None:
        return
    from worker.stream.shutdown import end_process, leave_at_once

    leave_at_once()
    settings = settings_with(bootstrap, group, prefix, ops={"port": ops_port}, gateway={"host": host, "port": port})
    from worker.telemetry.log import configure

    configure(settings.log, worker_id=f"{os.uname().nodename}-{os.getpid()}", group=settings.processing.group)
    from worker.extras import module

    for package in ("litestar", "uvicorn", "httptools"):
        module(package, "gateway", f"the gateway needs the package {package}, which is not installed")
    from worker.engine.compiled.blas import without_blas
    from worker.gateway.process import GatewayProcess

    without_blas()
    # The client library's tasks may never end, and closing an event loop waits for them.
    end_process(run_to_exit_code(GatewayProcess(settings, _tell(json)).run()))


def _tell(json: bool) -> Any:
    def tell(facts: dict[str, Any]) -> None:
        typer.echo(f"The gateway answers at {facts['url']}")
        sys.stdout.flush()  # a pipe would buffer it until the process ends

    return print_facts if json else tell


app.command()(gateway_token.token)
