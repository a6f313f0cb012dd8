"""`alphapulse control`: the limits that hold for a symbol or for all, and the model that takes part in decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.common import Bootstrap, Json, Prefix, RegistryFolder, quiet_logs, run_async, settings_with

if TYPE_CHECKING:
    from schemas import Control
    from worker.settings import Settings

app = typer.Typer(
    help="Show, set or lift the limits of a symbol or of all (`*`); switch the model.", no_args_is_help=True
)
Key = Annotated[str, typer.Argument(help="A symbol, or * for all.", show_default=False)]
From = Annotated[str, typer.Option(help="Bars from this open on: a date, a time (UTC), or epoch ms.")]


@app.command(name="set")
def set_(
    key: Key,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    risk_mult: Annotated[float | None, typer.Option(help="Size factor, 0 to 1.", show_default=False)] = None,
    max_notional: Annotated[float | None, typer.Option(help="Cap, quote currency.", show_default=False)] = None,
    allow_open: Annotated[
        bool | None, typer.Option("--allow-open/--block", help="Whether to open positions.", show_default=False)
    ] = None,
    kill: Annotated[
        bool | None, typer.Option("--kill/--no-kill", help="Close the positions.", show_default=False)
    ] = None,
    effective_ts: From = "0",
    reason: Annotated[str | None, typer.Option(help="Why; kept in the record.", show_default=False)] = None,
) -> None:
    """Change a key's limits; omitted fields stay. After 10 minutes nothing opens until you set them again."""
    from worker.stream.control_records import check_key

    if all(value is None for value in (risk_mult, max_notional, allow_open, kill)):
        raise typer.BadParameter("give at least one of --risk-mult, --max-notional, --allow-open, --block, --kill")
    check_key(key)
    since = epoch_ms(effective_ts)
    quiet_logs()
    settings: Settings = settings_with(bootstrap, prefix=prefix)
    given: dict[str, Any] = {
        "risk_mult": risk_mult,
        "max_notional": max_notional,
        "allow_open": allow_open,
        "kill": None if kill is None else "close_all" if kill else "none",
        "reason": reason,
    }
    fields = {name: value for name, value in given.items() if value is not None}
    control = _published(settings, key, since, fields)
    typer.echo(f"{settings.topics.limits}: {key} version {control.version} published")


@app.command()
def model(
    name: Annotated[str | None, typer.Argument(help="Of a model in the registry.", show_default=False)] = None,
    version: Annotated[str | None, typer.Argument(help="Its version.", show_default=False)] = None,
    digest: Annotated[
        str | None, typer.Option(help="Else that of the model in the registry.", show_default=False)
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="No model: the rules decide alone.")] = False,
    configured: Annotated[bool, typer.Option("--configured", help="engine.model again.")] = False,
    registry: RegistryFolder = None,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    effective_ts: From = "0",
    reason: Annotated[str | None, typer.Option(help="Why; kept in the record.", show_default=False)] = None,
) -> None:
    """Switch the model of all workers while they run; each decision names its model."""
    from schemas.control import MODEL_KEY
    from worker.stream.control_records import withdraw

    if sum((name is not None, none, configured)) != 1 or (name is None) != (version is None):
        raise typer.BadParameter("give NAME and VERSION, --none or --configured")
    since = epoch_ms(effective_ts)
    quiet_logs()
    settings: Settings = settings_with(bootstrap, prefix=prefix, models={"registry": registry})
    if configured:
        run_async(withdraw(settings, MODEL_KEY))
        typer.echo(f"{settings.topics.limits}: the configured model again")
        return
    choice: dict[str, str] = {}
    if name is not None and version is not None:
        choice = {"name": name, "version": version, "digest": digest or _digest(settings, name, version)}
    fields: dict[str, Any] = {"model": choice, "reason": reason or ""}
    control = _published(settings, MODEL_KEY, since, fields)
    typer.echo(f"{settings.topics.limits}: {_named(control)} version {control.version} published")


@app.command()
def lift(key: Key, bootstrap: Bootstrap = None, prefix: Prefix = None) -> None:
    """Remove a key's record: the static limits hold again."""
    from worker.stream.control_records import remove

    quiet_logs()
    settings = settings_with(bootstrap, prefix=prefix)
    run_async(remove(settings, key))
    typer.echo(f"{settings.topics.limits}: {key} lifted")


@app.command()
def show(bootstrap: Bootstrap = None, prefix: Prefix = None, json: Json = False) -> None:
    """The newest record of each key."""
    import msgspec

    from worker.stream.control_records import newest
    from worker.stream.outputs import rfc3339

    quiet_logs()
    entries = run_async(newest(settings_with(bootstrap, prefix=prefix)))
    if json:
        plain = [msgspec.to_builtins(entry.control) | {"ts": entry.ts} for entry in entries.values()]
        typer.echo(msgspec.json.encode(plain).decode())
        return
    for control, ts in entries.values():
        limits = _limits(control) if control.model is None else _named(control)
        times = f"written {rfc3339(ts)}, bars from {rfc3339(control.effective_ts)}"
        typer.echo(f"{control.key:12} version {control.version}  {limits}; {times}  {control.reason}".rstrip())


def epoch_ms(text: str) -> int:
    """Epoch ms of a date, of a time (UTC unless it names a zone), or of epoch ms.

    Raises:
        typer.BadParameter: it is none of these.
    """
    if text.lstrip("-").isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a date or time: write 2024-01-31, 2024-01-31T09:30:00Z or epoch ms"
        ) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _limits(control: Control) -> str:
    notional = "-" if control.max_notional is None else f"{control.max_notional:g}"
    opens = "opens" if control.allow_open else "no opens"
    return f"risk_mult {control.risk_mult:g}, max_notional {notional}, {opens}, kill {control.kill}"


def _published(settings: Settings, key: str, effective_ts: int, fields: dict[str, Any]) -> Control:
    """Publish the key's newest record with these fields changed."""
    from worker.stream.control_records import changed, newest, publish

    async def work() -> Control:
        before = (await newest(settings)).get(key)
        control: Control = changed(before and before.control, key, effective_ts, fields)
        await publish(settings, control)
        return control

    control: Control = run_async(work())
    return control


def _named(control: Control) -> str:
    choice = control.model
    return "no model" if choice is None or choice.name is None else f"model {choice.name}@{choice.version}"


def _digest(settings: Settings, name: str, version: str) -> str:
    from worker.models.registry import Registry

    if settings.models.registry is None:
        raise typer.BadParameter("give --digest or --registry")
    return Registry(settings.models.registry).manifest(name, version)[1]
