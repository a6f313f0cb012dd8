"""`alphapulse config`: the settings in force and where each comes from."""

from __future__ import annotations

import os
from typing import Any

import typer

from worker.cli.common import Json


def config(json: Json = False) -> None:
    """Print every setting, its value (secrets masked) and its source."""
    import msgspec

    from worker.instruments import load_engine
    from worker.settings import load_settings

    settings = load_settings()
    engine = load_engine(settings.engine)
    values = settings.model_dump(mode="json", exclude={"engine"}) | {"engine": engine.model_dump(mode="json")}
    rows = {name: (value, source_of(name)) for name, value in _flatten(values).items()}
    if engine.instruments_file:
        rows |= _of_the_file(rows, engine.instruments_file)
    if json:
        data = {name: {"value": value, "source": source} for name, (value, source) in rows.items()}
        typer.echo(msgspec.json.encode({"config_hash": engine.config_hash(), "settings": data}).decode())
        return
    _print(rows, engine.config_hash())


def _print(rows: dict[str, tuple[Any, str]], config_hash: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("setting", "value", "source")
    for name, (value, source) in rows.items():
        table.add_row(name, "" if value is None else str(value), source, style="" if source == "default" else "bold")
    console = Console()
    console.print(table)
    console.print(f"config_hash of the engine's parameters: {config_hash}")


def _of_the_file(rows: dict[str, tuple[Any, str]], path: str) -> dict[str, tuple[Any, str]]:
    # What stands in no setting and is no default is what the instruments file says.
    places = ("engine.instruments_version", "engine.instruments.", "engine.validation.calendars.")
    found = {name: value for name, (value, source) in rows.items() if source == "default" and name.startswith(places)}
    return {name: (value, f"instruments file {path}") for name, value in found.items()}


def _flatten(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def source_of(name: str) -> str:
    """Where the setting `section.name` comes from: environment, .env, secrets, file or default."""
    import tomllib
    from pathlib import Path

    from dotenv import dotenv_values

    from worker.settings import config_file

    variable = "ALPHAPULSE_" + name.replace(".", "__").upper()
    if any(key.upper() == variable for key in os.environ):
        return f"environment {variable}"
    if any(key.upper() == variable for key in dotenv_values(".env")):
        return f".env {variable}"
    secrets = os.environ.get("ALPHAPULSE_SECRETS_DIR")
    if secrets and (Path(secrets) / variable.lower()).is_file():
        return f"secret {variable.lower()}"
    path = config_file()
    if path.is_file():
        node: Any = tomllib.loads(path.read_text())
        for part in name.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        if node is not None:
            return f"file {path}"
    return "default"
