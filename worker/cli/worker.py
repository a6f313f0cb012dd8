"""`alphapulse worker`: one member of the fleet, or several on one machine."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from worker.cli.common import Bootstrap, Group, Prefix, RegistryFolder, run_to_exit_code, settings_with
from worker.cli.compiling import announce


def worker(
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    processes: Annotated[int, typer.Option("--processes", "-n", min=1, help="One a core is best.")] = 1,
    guarantee: Annotated[
        str | None, typer.Option("--guarantee", help="exactly_once or at_least_once.", show_default=False)
    ] = None,
    ops_port: Annotated[
        int | None, typer.Option("--ops-port", help="Probes and metrics; 0 = any free port.", show_default=False)
    ] = None,
    registry: RegistryFolder = None,
) -> None:
    """Take partitions, process bars, publish decisions, until SIGTERM."""
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
    from worker.stream.run import WorkerProcess

    announce(logging.getLogger("worker").warning)

    # The client library's tasks may not end, and an event loop waits for them when it is closed.
    end_process(run_to_exit_code(WorkerProcess(settings).run()))
