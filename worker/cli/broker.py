"""`alphapulse broker`: a real Kafka on this machine, one broker or several, as a daemon or in the foreground."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.errors import Exit

if TYPE_CHECKING:
    from worker.broker import Broker, Cluster
    from worker.broker.daemon import Running

app = typer.Typer(name="broker", help="Run a real local Kafka; nothing to install by hand.", no_args_is_help=True)

_SERVERS = "ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS"
_MOST = 9  # brokers, each a Java process
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def start(
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port of the first broker (default: the port in the data folder, else 9092). "
            "0: the port in the data folder, else any free port.",
            show_default=False,
        ),
    ] = None,
    brokers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=_MOST,
            help="Number of brokers; 3 tolerate the loss of one (default: the number in the data folder, else 1).",
            show_default=False,
        ),
    ] = None,
    docker: Annotated[
        bool, typer.Option("--docker", help="Run the broker in a container instead of a process.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Start the local brokers unless they already run."""
    from worker.broker import daemon

    if docker and brokers not in (None, 1):
        raise typer.BadParameter("a container holds one broker", param_hint="--brokers")
    running, is_new = daemon.start(port, docker, brokers)
    if as_json:
        _print_json(_described(running) | {"started": is_new})
        return
    typer.echo(f"Kafka {'runs' if is_new else 'runs already'} at {running.bootstrap}")
    typer.echo(f"export {_SERVERS}={running.bootstrap}")


@app.command()
def stop(as_json: Json = False) -> None:
    """Stop the local brokers; the data stay, except those of a container."""
    from worker.broker import daemon

    ended = daemon.stop()
    if as_json:
        _print_json({"stopped": ended is not None})
    else:
        typer.echo("Kafka stopped" if ended else "No local broker is running")


@app.command()
def status(as_json: Json = False) -> None:
    """Report whether the local broker runs and answers; exit 69 when it does not."""
    from worker.broker import daemon

    running = daemon.find()
    details = _described(running) if running else {"running": False, "serving": False}
    if as_json:
        _print_json(details)
    elif running is None:
        typer.echo("No local broker is running (start one: alphapulse broker start)", err=True)
    else:
        # A shell may evaluate standard output: print everything else on standard error.
        typer.echo(_sentence(running, details), err=not details["serving"])
        if details["serving"]:
            typer.echo(f"export {_SERVERS}={running.bootstrap}")
    if not details["serving"]:
        raise typer.Exit(Exit.UNAVAILABLE)


@app.command()
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="Port to listen on, of the first broker; 0: the port in the data folder, else any free port.",
        ),
    ] = 9092,
    brokers: Annotated[int, typer.Option(min=1, max=_MOST, help="Number of brokers.")] = 1,
    advertised: Annotated[
        str | None,
        typer.Option(
            help="host:port to advertise to clients (default: the address to listen on).",
            envvar="ALPHAPULSE_BROKER_ADVERTISED",
        ),
    ] = None,
    properties: Annotated[
        list[str] | None,
        typer.Option("--property", help="Kafka server setting, key=value.", envvar="ALPHAPULSE_BROKER_PROPERTIES"),
    ] = None,
    home: Annotated[
        str | None,
        typer.Option(help="Folder for data and log (default: a temporary folder).", envvar="ALPHAPULSE_BROKER_HOME"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run brokers in the foreground until SIGTERM or Ctrl-C (the entry point of a container image)."""
    from pathlib import Path

    from worker.broker import Broker, Cluster

    folder = Path(home).absolute() if home else None
    extra = dict(_pair(text) for text in properties or ())
    if brokers == 1:
        _serve(Broker(home=folder, host=host, port=port, advertised=advertised, properties=extra), as_json)
        return
    if advertised:
        raise typer.BadParameter("one advertised address can't serve several brokers", param_hint="--advertised")
    _serve(Cluster(brokers, home=folder, host=host, port=port, properties=extra), as_json)


def _serve(broker: Broker | Cluster, as_json: bool) -> None:
    """Wait until a signal arrives or the broker exits."""
    import signal
    import threading

    from worker.errors import BrokerUnavailable

    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    with broker:
        if as_json:
            _print_json({"bootstrap": broker.bootstrap, "brokers": len(broker.bootstrap.split(","))})
        else:
            typer.echo(f"Kafka runs at {broker.bootstrap}")
        while not asked.is_set():
            if broker.wait(0.2):
                raise BrokerUnavailable("the broker exited", f"See the end of its log:\n{broker.log_tail()}")
        broker.stop()


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not key=value")
    return key, value


def _described(running: Running) -> dict[str, Any]:
    numbers = {"brokers": running.brokers, "answering": running.answering}
    return {"running": True, "serving": running.serves(numbers["answering"])} | numbers | asdict(running)


def _sentence(running: Running, details: dict[str, Any]) -> str:
    where = f"container {running.container[:12]}" if running.container else f"pid {running.pid}, log {running.log}"
    if running.brokers > 1:
        pids = ", ".join(map(str, running.pids))
        where = f"{details['answering']} of {running.brokers} brokers answer, pids {pids}, first log {running.log}"
    return f"Kafka {'serves' if details['serving'] else 'does not answer'} at {running.bootstrap} ({where})"


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value))
