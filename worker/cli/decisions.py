"""`alphapulse decisions`: follow the output as it is committed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from io import StringIO
from typing import Annotated

import typer

from worker.cli import choices
from worker.cli.choices import Action, Regime
from worker.cli.common import Bootstrap, Json, Prefix, quiet_logs, run_async, settings_with
from worker.cli.completion import symbols
from worker.cli.values import TIME, check_span, known, moment

Symbol = Annotated[
    list[str] | None,
    typer.Option("--symbol", "-s", help="Only this symbol; repeatable.", autocompletion=symbols, show_default=False),
]
Since = Annotated[
    int | None,
    typer.Option(
        "--since",
        parser=moment,
        metavar="TIME",
        help=f"Only bars that open at or after this time: {TIME}.",
        show_default=False,
    ),
]
Until = Annotated[
    int | None,
    typer.Option(
        "--until", parser=moment, metavar="TIME", help="Only bars that open before this time.", show_default=False
    ),
]
Actions = Annotated[
    list[Action] | None,
    typer.Option("--action", "-a", metavar="ACTION", help=f"{', '.join(Action)}; repeatable.", show_default=False),
]
Regimes = Annotated[
    list[Regime] | None,
    typer.Option("--regime", metavar="REGIME", help=f"{', '.join(Regime)}; repeatable.", show_default=False),
]
Reasons = Annotated[
    list[str] | None,
    typer.Option(
        "--reason",
        metavar="REASON",
        help="A reason code of docs/reference; repeatable, any may match.",
        show_default=False,
        **known("reason code", choices.reasons),
    ),
]
Codes = Annotated[
    list[str] | None,
    typer.Option(
        "--code",
        metavar="CODE",
        help="A reject or quality code of docs/reference; repeatable, any may match.",
        show_default=False,
        **known("reject code", choices.codes),
    ),
]


def decisions(
    ctx: typer.Context,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    symbol: Symbol = None,
    action: Actions = None,
    regime: Regimes = None,
    reason: Reasons = None,
    code: Codes = None,
    since: Since = None,
    until: Until = None,
    last: Annotated[
        int, typer.Option("--last", "-n", min=0, help="Start with this many of the newest that pass all filters.")
    ] = 20,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Wait for new records, or stop at the end.")
    ] = True,
    rejected: Annotated[bool, typer.Option("--rejected", help="Show rejections instead.")] = False,
    why: Annotated[
        int,
        typer.Option(
            "--why",
            min=0,
            help="Show instead what blocked positions, and how often, in this many of the newest decisions.",
        ),
    ] = 0,
    json: Json = False,
) -> None:
    """Print decisions (or rejections), one per line; `--json` prints the records' values unchanged."""
    if rejected and (action or regime or reason):
        raise typer.BadParameter("--action, --regime and --reason filter decisions: with --rejected use --code")
    if rejected and why:
        raise typer.BadParameter("--why shows decisions: leave out --rejected")
    check_span(since, until)
    from worker.operate.filters import Wanted
    from worker.operate.tail import follow_topic

    quiet_logs()
    settings = settings_with(bootstrap, prefix=prefix)
    wanted = Wanted(_set(symbol), _set(action), _set(regime), _set(reason), _set(code), since, until)
    topic = settings.topics.rejections if rejected else settings.topics.output
    if why:
        read = StringIO()
        run_async(follow_topic(settings.kafka, topic, wanted, why, False, True, read, _say))
        _why(read.getvalue(), json)
        return
    source = ctx.get_parameter_source("last")
    if json and source is not None and source.name == "DEFAULT":
        _say(f"showing the last {last} only; -n gives another number")
    run_async(follow_topic(settings.kafka, topic, wanted, last, follow, json, sys.stdout, _say))


def _set(names: Iterable[str] | None) -> frozenset[str]:
    return frozenset(map(str, names or ()))


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _why(lines: str, json: bool) -> None:
    import msgspec

    from schemas import Decision
    from worker.cli.blocks import show_blocks
    from worker.engine.blocks import blocks, verdict

    found = msgspec.json.Decoder(Decision).decode_lines(lines)
    table = blocks(Counter(verdict(d.reasons, d.action, d.blocking, d.position.state) for d in found))
    if json:
        typer.echo(msgspec.json.encode(table).decode())
    else:
        show_blocks(table)
