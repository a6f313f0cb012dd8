"""`alphapulse worker`: run one member of the fleet, or several on one machine."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from worker.cli.choices import Guarantee
from worker.cli.common import Bootstrap, Group, OpsPort, Prefix, RegistryFolder, run_to_exit_code, settings_with
from worker.cli.compiling import make_ready
from worker.cli.output import print_facts
from worker.engine.compiled.blas import without_blas

MOST = 1_000  # processes of one command

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per member before it joins the group.")]


def worker(
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    processes: Annotated[
        int,
        typer.Option("--processes", "-n", min=1, max=MOST, help="Number of worker processes; one per core is best."),
    ] = 1,
    guarantee: Annotated[
        Guarantee | None,
        typer.Option("--guarantee", help="Guarantee (default: processing.guarantee).", show_default=False),
    ] = None,
    ops_port: OpsPort = None,
    registry: RegistryFolder = None,
    json: Json = False,
) -> None:
    """Join the group, process bars and publish decisions until SIGTERM."""
    from worker.stream.shutdown import end_process, leave_at_once

    leave_at_once()
    settings = settings_with(
        bootstrap,
        group,
        prefix,
        processing={"guarantee": guarantee},
        ops={"port": ops_port},
        models={"registry": registry},
    )
    from worker.telemetry.log import configure

    configure(settings.log, worker_id=f"{os.uname().nodename}-{os.getpid()}", group=settings.processing.group)
    if processes > 1:
        from worker.stream.supervisor import supervise

        sys.exit(supervise(settings, processes, sys.argv[1:]))
    from worker.stream.process import WorkerProcess

    without_blas()
    make_ready(logging.getLogger("worker").warning)

    # The client library's tasks may never end, and closing an event loop waits for them.
    end_process(run_to_exit_code(WorkerProcess(settings, started=print_facts if json else None).run()))
