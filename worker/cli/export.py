"""`alphapulse export`: write decisions or rejections to a Parquet, Arrow or CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worker.cli.choices import TableFormat
from worker.cli.common import Bootstrap, Json, Prefix, quiet_logs, run_async, settings_with
from worker.cli.decisions import Since, Symbol, Until
from worker.cli.output import print_json
from worker.cli.values import check_span, exclude


def export(
    out: Annotated[Path, typer.Argument(help="The file to write: .parquet, .arrow or .csv.", show_default=False)],
    source: Annotated[
        list[Path] | None, typer.Option("--input", "-i", help="Read a JSON Lines file instead of Kafka; repeatable.")
    ] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="Export rejections instead.")] = False,
    symbol: Symbol = None,
    since: Since = None,
    until: Until = None,
    form: Annotated[
        TableFormat | None,
        typer.Option("--format", help="Format of the file (default: from its name).", show_default=False),
    ] = None,
    topic: Annotated[
        str | None, typer.Option("--topic", help="Topic to use instead of the one in the settings.")
    ] = None,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """Write the records of a topic, or of `decisions.jsonl` files, as a table; needs the extra `parquet`."""
    exclude({"--input": bool(source), "--topic": topic is not None})
    exclude({"--input": bool(source), "--bootstrap-servers": bootstrap is not None})
    exclude({"--input": bool(source), "--prefix": prefix is not None})
    check_span(since, until)
    from worker.export.run import export_files, export_topic
    from worker.export.wanted import wanted
    from worker.export.write import format_of

    kind, which = format_of(out, form), wanted(symbol, since, until)
    if source:
        rows = export_files(out, kind, source, rejected, which)
    else:
        quiet_logs()
        settings = settings_with(bootstrap, prefix=prefix)
        name = topic or (settings.topics.rejections if rejected else settings.topics.output)
        rows = run_async(export_topic(out, kind, settings.kafka, name, rejected, which))
    if json:
        print_json({"file": str(out), "format": kind, "rows": rows})
        return
    typer.echo(f"wrote {rows:,} {'rejections' if rejected else 'decisions'} to {out}")
