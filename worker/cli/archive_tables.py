"""What `alphapulse archive` prints: the comparison with the topics, days, and works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from worker.cli.tables import print_table

if TYPE_CHECKING:
    from worker.archive.upkeep.works import Day
    from worker.archive.verify import ArchiveReport, PartitionReport


def show_report(report: ArchiveReport) -> None:
    """Print one line a partition, and the verdict."""
    head = (
        "table",
        "partition",
        "archived to",
        "records",
        "rows",
        "pending",
        "missing",
        "repeated",
        "foreign",
        "notes",
    )
    print_table(head, ((table.table, *_row(part)) for table in report.tables for part in table.partitions))
    if report.faults:
        typer.echo(f"FAILED: {report.faults:,} faults", err=True)
    else:
        rows_ = sum(part.rows for table in report.tables for part in table.partitions)
        typer.echo(f"OK: {rows_:,} rows; no record is missing or repeated, {report.pending:,} offsets are pending")


def _row(part: PartitionReport) -> tuple[str, ...]:
    notes = []
    if part.unreadable:
        notes.append(f"{part.unreadable:,} unreadable")
    if part.older:
        notes.append(f"{part.older:,} older than the topic")
    if part.retired:
        notes.append(f"{part.retired:,} retired")
    if part.example is not None:
        notes.append(f"see offset {part.example}")
    counts = (part.records, part.rows, part.pending, part.missing, part.repeated, part.foreign)
    at = "nothing" if part.position is None else str(part.position)
    return (str(part.partition), at, *(f"{count:,}" for count in counts), ", ".join(notes))


def show_days(found: dict[str, list[Day]]) -> None:
    """Print one line a day."""
    rows = [
        (name, day.date, f"{day.files:,}", f"{day.bytes / 2**20:,.1f}", f"{day.rows:,}", "yes" if day.sorted else "no")
        for name, days in found.items()
        for day in days
    ]
    if rows:
        print_table(("table", "date", "files", "MiB", "rows", "sorted"), rows)
    for name, days in found.items():
        if not days:
            typer.echo(f"{name}: the table is there, and has no row", err=True)


def show_works(found: dict[str, dict[str, dict[str, int]]]) -> None:
    """Print what was done to each table."""
    for name, works in found.items():
        for work, counts in works.items():
            typer.echo(f"{name}: {work}: {', '.join(f'{count:,} {what}' for what, count in counts.items())}")
