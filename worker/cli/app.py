"""The program of all subcommands; it reports each known failure as one sentence and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from worker.cli import interrupt, streams
from worker.cli.common import tell
from worker.errors import AlphapulseError, Exit
from worker.files import REFUSALS, refusal
from worker.version import __version__


class Program(TyperGroup):
    """The group of all commands; handles a failing standard output."""

    def invoke(self, ctx: Any) -> Any:
        """Run the requested command."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as problem:
            problem.message = problem.message.removeprefix("Value error, ")  # pydantic's prefix
            raise
        except BrokenPipeError:
            raise typer.Exit(streams.abandon()) from None


app = typer.Typer(
    name="alphapulse",
    cls=Program,
    help="Exactly-once Kafka workers that turn OHLCV bars into explainable trading decisions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"alphapulse-worker {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    interrupt.while_running()


def _assemble() -> None:
    if app.registered_commands:
        return  # a program may call `main` more than once
    from worker.cli import (
        alerts,
        archive,
        backtest,
        broker,
        config,
        control,
        decisions,
        demo,
        doctor,
        export,
        gateway,
        models,
        publish,
        risk,
        schema,
        state,
        strategy,
        sweep,
        topics,
        train,
        verify,
        warmup,
        worker,
    )

    app.command()(demo.demo)
    app.add_typer(broker.app, name="broker")
    app.add_typer(topics.app, name="topics")
    app.command()(worker.worker)
    app.add_typer(state.app, name="state")
    app.add_typer(control.app, name="control")
    app.add_typer(risk.app, name="risk")
    app.add_typer(alerts.app, name="alerts")
    app.add_typer(gateway.app, name="gateway")
    app.add_typer(archive.app, name="archive")
    app.command()(publish.publish)
    app.command()(decisions.decisions)
    app.command()(export.export)
    app.command()(verify.verify)
    app.command()(backtest.backtest)
    app.command()(sweep.sweep)
    app.command()(train.train)
    app.add_typer(models.app, name="models")
    app.add_typer(strategy.app, name="strategy")
    app.command()(doctor.doctor)
    app.command()(config.config)
    app.command()(schema.schema)
    app.command()(warmup.warmup)


def run() -> None:
    """Run the requested command and exit with its code."""
    found = streams.prepare()
    _assemble()
    sys.exit(streams.settle(_run(), found))


def _run() -> int:
    try:
        app()
    except AlphapulseError as error:
        tell(error)
        return error.exit_code
    except OSError as error:
        if error.errno not in REFUSALS and error.filename is None:
            raise
        tell(refusal(error))
        return Exit.CANT_CREATE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except SystemExit as end:
        return int(end.code or Exit.OK)
    except Exception as error:
        if interrupt.is_cause_of(error):
            return Exit.INTERRUPTED
        raise
    return Exit.OK
