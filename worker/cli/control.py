"""`alphapulse control`: the limits of a symbol or of all symbols, its splits, the model and the strategy in use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.common import Bootstrap, Json, Prefix, RegistryFolder, quiet_logs, run_async, settings_with
from worker.cli.completion import keys
from worker.cli.output import print_json
from worker.cli.strategy_options import Set, strategy_settings
from worker.cli.values import TIME, exclude, finite, moment

if TYPE_CHECKING:
    from schemas import Control
    from schemas.control import CorporateAction
    from worker.operate.acts.intent import Intent
    from worker.settings import Settings

app = typer.Typer(
    help="Show, set or lift the limits of a symbol or of all (`*`); announce a split; switch model or strategy.",
    no_args_is_help=True,
)
Key = Annotated[str, typer.Argument(help="A symbol, or * for all symbols.", show_default=False, autocompletion=keys)]
From = Annotated[
    int,
    typer.Option(
        "--effective-ts",
        parser=moment,
        metavar="TIME",
        help=f"First bar open time that the record applies to: {TIME} (default: all later bars).",
        show_default=False,
    ),
]
RiskMult = Annotated[
    float | None,
    typer.Option("--risk-mult", min=0.0, max=1.0, callback=finite, help="Size factor.", show_default=False),
]
MaxNotional = Annotated[
    float | None,
    typer.Option(
        "--max-notional",
        min=0.0,
        callback=finite,
        help="Largest notional per position, in the quote currency.",
        show_default=False,
    ),
]


@app.command(name="set")
def set_(
    key: Key,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    risk_mult: RiskMult = None,
    max_notional: MaxNotional = None,
    allow_open: Annotated[
        bool | None, typer.Option("--allow-open/--block", help="Allow or block opening positions.", show_default=False)
    ] = None,
    kill: Annotated[
        bool | None, typer.Option("--kill/--no-kill", help="Close all positions.", show_default=False)
    ] = None,
    effective_ts: From = 0,
    reason: Annotated[str | None, typer.Option(help="Reason, stored in the record.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Change a key's limits; omitted fields keep their values. Limits older than 10 minutes block opening."""
    from worker.operate.acts.limits import set_limits
    from worker.operate.controls import check_key

    if all(value is None for value in (risk_mult, max_notional, allow_open, kill)):
        raise typer.BadParameter("give at least one of --risk-mult, --max-notional, --allow-open, --block, --kill")
    check_key(key)
    quiet_logs()
    settings: Settings = settings_with(bootstrap, prefix=prefix)
    given: dict[str, Any] = {
        "risk_mult": risk_mult,
        "max_notional": max_notional,
        "allow_open": allow_open,
        "kill": None if kill is None else "close_all" if kill else "none",
    }
    fields = {name: value for name, value in given.items() if value is not None}
    control = _done(settings, set_limits(key, effective_ts, fields, reason or ""))
    if json:
        print_json(_described(settings, control))
    else:
        typer.echo(f"{settings.topics.limits}: {key} version {control.version} published")


@app.command()
def model(
    name: Annotated[str | None, typer.Argument(help="Name of a model in the registry.", show_default=False)] = None,
    version: Annotated[str | None, typer.Argument(help="Version of the model.", show_default=False)] = None,
    digest: Annotated[
        str | None, typer.Option(help="Digest (default: that of the model in the registry).", show_default=False)
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Use no model: the rules decide alone.")] = False,
    configured: Annotated[bool, typer.Option("--configured", help="Use engine.model again.")] = False,
    registry: RegistryFolder = None,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    effective_ts: From = 0,
    reason: Annotated[str | None, typer.Option(help="Reason, stored in the record.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Switch the model of all workers while they run; each decision names its model."""
    from schemas.control import MODEL_KEY
    from worker.operate.acts.limits import switch, withdraw_switch

    exclude({"NAME": name is not None, "--none": none, "--configured": configured})
    exclude({"--none": none, "--digest": digest is not None})
    if (name is None) != (version is None) or not (name or none or configured):
        raise typer.BadParameter("give NAME and VERSION, --none or --configured")
    if configured and (digest is not None or reason is not None or effective_ts):
        raise typer.BadParameter("--configured removes the switch: it takes no --digest, --reason or --effective-ts")
    quiet_logs()
    settings: Settings = settings_with(bootstrap, prefix=prefix, models={"registry": registry})
    if configured:
        _done(settings, withdraw_switch(MODEL_KEY, ""))
        if json:
            print_json({"topic": settings.topics.limits, "key": MODEL_KEY, "lifted": True})
        else:
            typer.echo(f"{settings.topics.limits}: the configured model again")
        return
    choice: dict[str, str] = {}
    if name is not None and version is not None:
        choice = {"name": name, "version": version, "digest": digest or _digest(settings, name, version)}
    control = _done(settings, switch(MODEL_KEY, effective_ts, {"model": choice}, reason or "", None))
    if json:
        print_json(_described(settings, control))
    else:
        typer.echo(f"{settings.topics.limits}: {_named(control)} version {control.version} published")


@app.command()
def strategy(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Another version, one of engine.strategy.candidates (default: that in force).", show_default=False
        ),
    ] = None,
    set_: Set = None,
    configured: Annotated[bool, typer.Option("--configured", help="Use engine.strategy again.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Switch though indicators need bars that workers have no longer.")
    ] = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    effective_ts: From = 0,
    reason: Annotated[str | None, typer.Option(help="Reason, stored in the record.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Switch the strategy of all workers while they run: other parameters, or another version of it."""
    from schemas.control import StrategySwitch
    from worker.operate.acts.limits import switch, withdraw_switch
    from worker.operate.controls import newest
    from worker.operate.strategies import check_state, in_force, shelf_of, switch_to
    from worker.settings import load_engine_of

    exclude({"FILE": file is not None, "--configured": configured})
    exclude({"--set": bool(set_), "--configured": configured})
    if not (file or set_ or configured):
        raise typer.BadParameter("give FILE, --set or --configured")
    if configured and (reason is not None or effective_ts):
        raise typer.BadParameter("--configured removes the switch: it takes no --reason or --effective-ts")
    parameters = strategy_settings(None, set_).get("strategy", {}).get("parameters", {})
    quiet_logs()
    settings: Settings = settings_with(bootstrap, prefix=prefix)
    engine = load_engine_of(settings)
    shelf = shelf_of(engine)
    found = run_async(newest(settings)).get(shelf.key)
    before: StrategySwitch | None = found.control.strategy if found else None
    if configured:
        check_state(shelf, engine, (in_force(shelf, before),), shelf.configured)
        _done(settings, withdraw_switch(shelf.key, ""))
        if json:
            print_json({"topic": settings.topics.limits, "key": shelf.key, "lifted": True})
        else:
            typer.echo(f"{settings.topics.limits}: the configured strategy again")
        return
    choice = switch_to(shelf, engine, before, file, parameters, wait)
    control = _done(settings, switch(shelf.key, effective_ts, {"strategy": choice}, reason or "", found))
    if json:
        print_json(_described(settings, control))
    else:
        typer.echo(f"{settings.topics.limits}: {_named(control)}, version {control.version} published")


@app.command()
def split(
    symbol: Annotated[str, typer.Argument(help="The symbol.", show_default=False, autocompletion=keys)],
    ratio: Annotated[
        str, typer.Argument(help="New shares for old ones: 4:1, 3:2, 1:20 for a consolidation.", show_default=False)
    ],
    ex: Annotated[
        int,
        typer.Option(
            "--ex", parser=moment, metavar="TIME", help=f"First bar at the new prices: {TIME}.", show_default=False
        ),
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace another split of the symbol that has not taken effect.")
    ] = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    reason: Annotated[str | None, typer.Option(help="Reason, stored in the record.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Announce a split: positions, orders and indicators go to the new prices with the first bar from then on."""
    from schemas.control import CorporateAction
    from worker.engine.rescaling.ratio import price_factor
    from worker.operate.splits import announcement, check_symbol

    check_symbol(symbol)
    action = CorporateAction(ex, price_factor(ratio))
    quiet_logs()
    settings: Settings = settings_with(bootstrap, prefix=prefix)
    act = run_async(announcement(settings, symbol, action, reason or f"split {ratio}", replace))
    control = _done(settings, act)
    if json:
        print_json(_described(settings, control))
    else:
        typer.echo(f"{settings.topics.limits}: {symbol} version {control.version}, {_action(action)}, published")


@app.command()
def lift(key: Key, bootstrap: Bootstrap = None, prefix: Prefix = None, json: Json = False) -> None:
    """Remove a key's record: the static limits apply again."""
    from worker.operate.acts.limits import remove

    quiet_logs()
    settings = settings_with(bootstrap, prefix=prefix)
    _done(settings, remove(key, ""))
    if json:
        print_json({"topic": settings.topics.limits, "key": key, "lifted": True})
    else:
        typer.echo(f"{settings.topics.limits}: {key} lifted")


@app.command()
def show(bootstrap: Bootstrap = None, prefix: Prefix = None, json: Json = False) -> None:
    """Show the newest record of each key."""
    from worker.operate.controls import newest
    from worker.stream.output.builder import rfc3339

    quiet_logs()
    settings = settings_with(bootstrap, prefix=prefix)
    entries = run_async(newest(settings))
    if json:
        print_json([_described(settings, entry.control) | {"ts": entry.ts} for entry in entries.values()])
        return
    if not entries:
        typer.echo(f"{settings.topics.limits} holds no record: the static limits apply", err=True)
    for control, ts in entries.values():
        limits = _limits(control) if control.model is None and control.strategy is None else _named(control)
        times = f"written {rfc3339(ts)}, bars from {rfc3339(control.effective_ts)}"
        typer.echo(f"{control.key:12} version {control.version}  {limits}; {times}  {control.reason}".rstrip())


def _action(action: CorporateAction) -> str:
    from worker.stream.output.builder import rfc3339

    return f"prices times {action.price_factor:g} from {rfc3339(action.ex_ts)}"


def _limits(control: Control) -> str:
    acts = "" if control.corp_action is None else _action(control.corp_action)
    if acts and control.limits_nothing:
        return acts
    notional = "-" if control.max_notional is None else f"{control.max_notional:g}"
    opens = "opens" if control.allow_open else "no opens"
    limits = f"risk_mult {control.risk_mult:g}, max_notional {notional}, {opens}, kill {control.kill}"
    return f"{limits}, {acts}" if acts else limits


def _described(settings: Settings, control: Control) -> dict[str, Any]:
    """Return the record and its topic, with every member, defaults included."""
    import msgspec

    members = msgspec.structs.asdict(control)
    return {"topic": settings.topics.limits} | {
        name: msgspec.structs.asdict(value) if isinstance(value, msgspec.Struct) else value
        for name, value in members.items()
    }


def _done(settings: Settings, intent: Intent) -> Any:
    """Do it in this user's name; return the control record that it wrote, None where it removed one."""
    from worker.operate.acts.intent import Origin, local_user
    from worker.operate.acts.perform import perform

    return run_async(perform(settings, Origin(local_user()), intent)).audit.after


def _named(control: Control) -> str:
    if (named := control.strategy) is not None:
        values = ", ".join(f"{name}={value}" for name, value in named.parameters.items())
        return f"strategy {named.name}@{named.version} ({values}; sha256 {named.digest[:12]})"
    choice = control.model
    return "no model" if choice is None or choice.name is None else f"model {choice.name}@{choice.version}"


def _digest(settings: Settings, name: str, version: str) -> str:
    from worker.models.registry import Registry

    if settings.models.registry is None:
        raise typer.BadParameter("give --digest or --registry")
    return Registry(settings.models.registry).manifest(name, version)[1]
