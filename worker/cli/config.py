"""`alphapulse config`: print the settings in force and the source of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from worker.cli.common import Json, tell
from worker.cli.profiled import profiled
from worker.cli.tables import print_table
from worker.errors import ConfigError, Exit

if TYPE_CHECKING:
    from worker.settings import Found, Problem

_DEFAULT = "default"


class Row(NamedTuple):
    """A setting, its value and its source."""

    name: str
    value: Any
    source: str


Symbol = Annotated[
    str | None,
    typer.Option(
        "--symbol",
        "-s",
        help="Show the settings that apply to this symbol; its profile supplies those not set.",
        show_default=False,
    ),
]


def config(symbol: Symbol = None, json: Json = False) -> None:
    """Print every setting, its value (secrets masked) and its source; exit 78 when one is invalid."""
    from worker.settings import find_engine, find_settings

    found = find_settings()
    engine, refused = find_engine(found)
    problems = found.problems + refused
    values = found.settings.model_dump(mode="json", exclude={"engine"}) | {"engine": engine.model_dump(mode="json")}
    decided = profiled(engine, symbol)
    rows = [
        Row(row.name, *decided.pop(row.name)) if row.name in decided else row
        for row in _rows(found, values, engine.instruments_file)
    ]
    rows += [Row(name, *rest) for name, rest in decided.items()]
    for problem in problems:
        tell(ConfigError(problem.message, problem.fix))
    if json:
        _print_json(rows, engine.config_hash(), problems)
    else:
        marked = [number for number, row in enumerate(rows) if row.source != _DEFAULT]
        print_table(("setting", "value", "source"), rows, marked)
        typer.echo(f"config_hash of the engine's parameters: {engine.config_hash()}")
    if problems:
        raise typer.Exit(Exit.CONFIG)


def _rows(found: Found, values: dict[str, Any], instruments_file: str | None) -> Iterator[Row]:
    from worker.settings.names import dotted

    for path, value in _flatten(values, ()):
        entries = found.tree.under(path)
        if entries:
            source = entries[0].origin.label
        else:
            source = f"instruments file {instruments_file}" if instruments_file and _in_file(path) else _DEFAULT
        yield Row(dotted(path), value, source)


def _in_file(path: tuple[str, ...]) -> bool:
    # A value that is neither a default nor from another source is from the instruments file.
    from worker.settings.names import MAPPINGS

    return path == ("engine", "instruments_version") or any(path[: len(one)] == one for one in MAPPINGS)


def _flatten(values: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, (*above, name))
        else:
            yield (*above, name), value


def _print_json(rows: list[Row], config_hash: str, problems: list[Problem]) -> None:
    import msgspec

    shown = {row.name: {"value": row.value, "source": row.source} for row in rows}
    told = {"config_hash": config_hash, "settings": shown, "problems": [problem._asdict() for problem in problems]}
    typer.echo(msgspec.json.encode(told).decode())
