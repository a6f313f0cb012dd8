"""`alphapulse verify`: prove on live topics that each input record has exactly one outcome."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from worker.cli.common import Bootstrap, Group, Json, Prefix, quiet_logs, run_async, settings_with
from worker.cli.tables import print_table
from worker.cli.values import finite
from worker.errors import Exit


def verify(
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait", min=0.0, max=86_400.0, callback=finite, help="Seconds to wait for the group to catch up."
        ),
    ] = 0.0,
    json: Json = False,
) -> None:
    """Compare input and outputs; exit 65 when a record is lost, duplicated, decided twice or out of sequence."""
    import msgspec

    from worker.operate.report import Report
    from worker.operate.verify import check_group

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    report: Report = run_async(check_group(settings, wait))
    if json:
        typer.echo(msgspec.json.encode(report.as_dict()).decode())
    else:
        _print(report)
    sys.exit(Exit.OK if report.complete else Exit.DATA)


def _print(report: Any) -> None:
    from worker.operate.report import FAULTS
    from worker.stream.state.placement import told

    names = ("partition", "input", "decisions", "rejections", "repeats", "pending", "faults")
    print_table(
        names,
        [(p.partition, p.inputs, p.decisions, p.rejections, p.repeats, p.pending, p.faults) for p in report.partitions],
    )
    for p in report.partitions:
        for name in FAULTS:
            if p.count(name):
                typer.echo(f"partition {p.partition}: {_fault(p, name)}")
    if report.split_keys:
        typer.echo(told(report.split_keys))
    total = sum(p.inputs for p in report.partitions)
    if report.faults:
        typer.echo(f"FAILED: {report.faults} fault{'' if report.faults == 1 else 's'}, listed above")
    elif report.pending:
        published = sum(p.published for p in report.partitions)
        again = f" ({published} of them again, under at_least_once)" if published else ""
        typer.echo(
            f"OK so far: {report.pending} records pending{again}; every committed record has exactly one outcome"
        )
    else:
        typer.echo(
            f"OK: every record has exactly one outcome: {total} records in, {total} outcomes out, no gap in a sequence"
        )


def _fault(report: Any, name: str) -> str:
    """Return one kind of fault of a partition, with the first offsets."""
    count, offsets = report.count(name), getattr(report, name)
    more = f" and {count - len(offsets)} more" if count > len(offsets) else ""
    if name == "past_offset":
        return (
            f"{count} records have an outcome but lie at or after the committed offset: the offset was lost or "
            f"set back (fix: `alphapulse state offsets`), at input offsets {offsets}{more}"
        )
    if name == "beyond_end":
        return (
            f"the committed offset {offsets[0]} lies beyond the end of the input: it was set by hand, or the cluster "
            "has lost records (`alphapulse state offsets` shows which)"
        )
    return f"{name.replace('_', ' ')} at input offsets {offsets}{more}"
