"""`alphapulse state`: inspect, reset, or export a group's saved state."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.cli.common import Bootstrap, Group, Json, Prefix, quiet_logs, run_async, settings_with
from worker.cli.completion import symbols
from worker.cli.consent import confirm
from worker.cli.output import print_json
from worker.cli.tables import print_table
from worker.files import created

app = typer.Typer(help="Inspect, reset, or export a group's saved state.", no_args_is_help=True)


@app.command()
def inspect(bootstrap: Bootstrap = None, group: Group = None, prefix: Prefix = None, json: Json = False) -> None:
    """Show symbols, bytes and damage of each partition, and how much a new owner would replay."""
    import msgspec

    from worker.operate.state_topic import Held, inspect

    quiet_logs()
    held: list[Held] = run_async(inspect(settings_with(bootstrap, group, prefix)))
    if json:
        typer.echo(msgspec.json.encode([item.as_dict() for item in held]).decode())
        return
    names = ("partition", "symbols", "bytes", "matching", "damaged", "lost", "unsaved", "journal", "committed")
    print_table(names, ([item.as_dict()[name] for name in names] for item in held))


@app.command()
def reset(
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Restart every symbol without state, even where the input could rebuild it.")
    ] = False,
    json: Json = False,
) -> None:
    """Remove all snapshots of a stopped group; the next worker rebuilds the state from the input.

    Where input or journal no longer reach back, the symbols restart at the committed offset with sequence 1.
    """
    import msgspec

    from worker.operate.reset import Renewed, reset

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    if not yes:
        confirm(f"Remove every snapshot in {settings.state_topic}?")
    found: list[Renewed] = run_async(reset(settings, anew))
    if json:
        typer.echo(msgspec.json.encode([one._asdict() for one in found]).decode())
        return
    for one in found:
        typer.echo(f"{settings.state_topic} partition {one.partition}: {_became(one)}")


def _became(one: Any) -> str:
    if one.start is None:
        return "nothing to remove"
    removed = f"{one.removed} snapshot{'' if one.removed == 1 else 's'} removed"
    if not one.anew:
        return f"{removed}; the next worker rebuilds the state from input offset {one.start}"
    return f"{removed}; symbols restart at input offset {one.start} with sequence 1: {one.anew}"


@app.command()
def offsets(
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    json: Json = False,
) -> None:
    """Restore lost or wrong offsets of a group: commit the position that its state and outputs prove."""
    import msgspec

    from worker.operate.offsets import Reached, reached, restore

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    found: list[Reached] = run_async(reached(settings))
    wrong = [item for item in found if item.contradicted]
    if json:
        typer.echo(msgspec.json.encode([item.as_dict() for item in found]).decode())
    else:
        for item in found:
            typer.echo(item.sentence)
    if not wrong:
        return
    name = settings.processing.group
    if not yes:
        confirm(f"Commit these {len(wrong)} offsets for the group {name}?")
    run_async(restore(settings, wrong))
    typer.echo(f"{name}: {len(wrong)} offsets committed", err=json)


@app.command()
def export(
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    symbol: Annotated[
        str | None,
        typer.Option("--symbol", "-s", help="Only this symbol.", show_default=False, autocompletion=symbols),
    ] = None,
    npz: Annotated[
        Path | None, typer.Option("--npz", help="Write NumPy arrays to this file instead.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="With --npz, print a JSON summary of the file.")] = False,
) -> None:
    """Write states as JSON, one symbol per line, or as NumPy records."""
    import msgspec

    from worker.operate.state_topic import State, export

    quiet_logs()
    states: list[State] = run_async(export(settings_with(bootstrap, group, prefix), symbol))
    if npz is None:
        encode = msgspec.json.Encoder().encode
        for state in states:
            sys.stdout.write(encode(state.as_dict()).decode() + "\n")
        return
    with created(npz, "Choose another file"):
        _save(npz, states)
    if json:
        print_json({"file": str(npz), "states": len(states)})
    else:
        typer.echo(f"{npz}: {len(states)} states")


def _save(file: Path, states: list[Any]) -> None:
    import numpy as np

    from worker.engine.state.layout import CARRY, DERIVED

    empty = np.zeros((), DERIVED)
    np.savez_compressed(
        file,
        symbols=np.array([state.snapshot.symbol for state in states]),
        offsets=np.array([state.snapshot.offset for state in states], np.int64),
        current=np.array([state.derived is not None for state in states], bool),
        carry=np.array([state.carry for state in states], CARRY),
        derived=np.array([empty if state.derived is None else state.derived for state in states], DERIVED),
    )
