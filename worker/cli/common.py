"""Options shared by subcommands, and the settings made from them."""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from worker.cli.colour import coloured
from worker.cli.completion import groups
from worker.errors import AlphapulseError, Exit

if TYPE_CHECKING:
    import asyncio

    from worker.settings import Settings

T = TypeVar("T")

Bootstrap = Annotated[
    str | None, typer.Option("--bootstrap-servers", "-b", help="Kafka's host:port list.", show_default=False)
]
Group = Annotated[
    str | None,
    typer.Option("--group", "-g", help="Consumer group.", show_default=False, autocompletion=groups),
]
Prefix = Annotated[str | None, typer.Option("--prefix", help="Prefix of every topic name.", show_default=False)]
RegistryFolder = Annotated[
    Path | None, typer.Option("--registry", help="Folder of models (default: models.registry).", show_default=False)
]
OpsPort = Annotated[
    int | None,
    typer.Option(
        "--ops-port", min=0, max=65_535, help="Port of probes and metrics; 0: any free port.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]


def settings_with(
    bootstrap: str | None = None, group: str | None = None, prefix: str | None = None, **sections: dict[str, Any]
) -> Settings:
    """Return the settings from all sources, the command line first; None means not given."""
    from worker.settings import load_settings  # not above, so that `--help` does not wait for pydantic

    given: dict[str, dict[str, Any]] = {
        "kafka": {"bootstrap_servers": bootstrap},
        "processing": {"group": group},
        "topics": {"prefix": prefix},
    }
    for section, values in sections.items():
        given.setdefault(section, {}).update(values)
    kept = {name: {k: v for k, v in values.items() if v is not None} for name, values in given.items()}
    return load_settings({name: values for name, values in kept.items() if values})


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop where it is installed."""
    try:
        try:
            import uvloop
        except ImportError:
            import asyncio

            return asyncio.run(work)
        return uvloop.run(work)
    except KeyboardInterrupt:
        work.close()  # else Python warns if it has never begun
        raise


def run_to_exit_code(work: Coroutine[Any, Any, int]) -> int:
    """Run the process's last work, report its error, and return the exit code.

    The event loop stays open: closing it would wait for every remaining task.
    """
    import asyncio
    import traceback

    loop = _new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(work)
    except AlphapulseError as error:
        tell(error)
        return error.exit_code
    except Exception:
        traceback.print_exc()
        return Exit.UNEXPECTED


def _new_event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        import asyncio

        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def tell(error: AlphapulseError) -> None:
    """Print the error and its fix on stderr."""
    typer.secho(f"error: {error.message}.", fg="red", err=True, color=coloured(sys.stderr))
    if error.fix:
        typer.echo(f"  fix: {error.fix}", err=True)


def quiet_logs() -> None:
    """Silence the client library's log: a short command reports its own errors, more clearly."""
    import logging

    logging.basicConfig(level=logging.CRITICAL, stream=sys.stderr)
