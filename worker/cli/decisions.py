"""`alphapulse decisions`: follow the output as it is committed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from worker.cli.common import Bootstrap, Json, Prefix, quiet_logs, run_async, settings_with


def decisions(
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    symbol: Annotated[list[str] | None, typer.Option("--symbol", "-s", help="Only this one; may be repeated.")] = None,
    action: Annotated[list[str] | None, typer.Option("--action", "-a", help="Only this one; may be repeated.")] = None,
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="Begin with this many of the newest.")] = 20,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Wait for new ones, or stop at the end.")] = True,
    rejected: Annotated[bool, typer.Option("--rejected", help="Show rejections instead.")] = False,
    json: Json = False,
) -> None:
    """Print decisions (or rejections), one a line; `--json` prints the records' values as they are."""
    from worker.stream.following import Wanted, follow_topic

    quiet_logs()
    settings = settings_with(bootstrap, prefix=prefix)
    wanted = Wanted(frozenset(symbol or ()), frozenset(action or ()))
    topic = settings.topics.rejections if rejected else settings.topics.output
    try:
        run_async(follow_topic(settings.kafka, topic, wanted, last, follow, json, sys.stdout))
    except (KeyboardInterrupt, BrokenPipeError):
        return
