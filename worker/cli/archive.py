"""`alphapulse archive`: decisions and other outputs as tables, and what operators ask of them."""

from __future__ import annotations

import os
from typing import Annotated

import typer

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
    help="Archive decisions and rejections as tables until SIGTERM; needs the extra `archive`.",
    invoke_without_command=True,
)
Url = Annotated[
    str | None,
    typer.Option("--url", help="Folder or s3://bucket/path of the Delta tables (archive.url).", show_default=False),
]


@app.callback()
def archive(
    ctx: typer.Context,
    url: Url = None,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    ops_port: OpsPort = None,
    json: Json = False,
) -> None:
    """Archive decisions and rejections as tables until SIGTERM; needs the extra `archive`."""
    if ctx.invoked_subcommand is not None:
        return
    from worker.stream.shutdown import end_process, leave_at_once

    leave_at_once()
    settings = settings_with(bootstrap, group, prefix, ops={"port": ops_port}, archive={"url": url})
    from worker.telemetry.log import configure

    configure(settings.log, worker_id=f"{os.uname().nodename}-{os.getpid()}", group=settings.archive_group)
    from worker.archive.allocators import give_back

    give_back()
    from worker.archive.process import ArchiveProcess

    # Threads of a store may never end, and closing an event loop waits for them.
    end_process(run_to_exit_code(ArchiveProcess(settings, print_facts if json else None).run()))


@app.command()
def verify(
    url: Url = None, bootstrap: Bootstrap = None, group: Group = None, prefix: Prefix = None, json: Json = False
) -> None:
    """Prove that every archived record is one row, and no row is another; exit 65 if not."""
    from worker.archive.verify import verify as compare
    from worker.cli.archive_tables import show_report
    from worker.errors import Exit

    quiet_logs()
    report = run_async(compare(settings_with(bootstrap, group, prefix, archive={"url": url})))
    if json:
        print_json(report.as_dict())
    else:
        show_report(report)
    if report.faults:
        raise typer.Exit(Exit.DATA)


@app.command()
def show(url: Url = None, json: Json = False) -> None:
    """Show the days of the Delta tables: files, bytes, rows, and whether they are sorted."""
    from worker.archive.upkeep.command import overview
    from worker.cli.archive_tables import show_days

    found = overview(settings_with(archive={"url": url}))
    if json:
        print_json({name: [day._asdict() for day in days] for name, days in found.items()})
    else:
        show_days(found)


@app.command()
def compact(
    url: Url = None,
    sort: Annotated[bool, typer.Option("--sort", help="Also sort the days before today.")] = False,
    vacuum: Annotated[bool, typer.Option("--vacuum", help="Also delete files that are no longer needed.")] = False,
    json: Json = False,
) -> None:
    """Put small files together now; a running archive is not disturbed."""
    from worker.archive.upkeep.command import tidy
    from worker.cli.archive_tables import show_works

    found = tidy(settings_with(archive={"url": url}), sort, vacuum)
    if json:
        print_json(found)
    else:
        show_works(found)
