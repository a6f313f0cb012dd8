"""`alphapulse alerts`: the rules and their messages, and what operators ask of them."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from worker.cli import alert_acts
from worker.cli.common import (
    Bootstrap,
    Group,
    Json,
    OpsPort,
    Prefix,
    quiet_logs,
    run_async,
    run_to_exit_code,
    settings_with,
)
from worker.cli.output import print_facts, print_json
from worker.cli.tables import print_table
from worker.cli.values import TIME, moment

app = typer.Typer(
    help="Evaluate the rules of alerts and tell receivers until SIGTERM; further ones wait as standbys.",
    invoke_without_command=True,
)


@app.callback()
def alerts(
    ctx: typer.Context,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    ops_port: OpsPort = None,
    json: Json = False,
) -> None:
    """Evaluate the rules of alerts and tell receivers until SIGTERM; further ones wait as standbys."""
    if ctx.invoked_subcommand is not None:
        return
    from worker.stream.shutdown import end_process, leave_at_once

    leave_at_once()
    settings = settings_with(bootstrap, group, prefix, ops={"port": ops_port})
    from worker.telemetry.log import configure

    configure(settings.log, worker_id=f"{os.uname().nodename}-{os.getpid()}", group=settings.alerts_group)
    from worker.alerts.process import AlertsProcess

    # The client library's tasks may never end, and closing an event loop waits for them.
    end_process(run_to_exit_code(AlertsProcess(settings, print_facts if json else None).run()))


@app.command()
def check(json: Json = False) -> None:
    """Check the file of alerts, and show rules and receivers; exit 78 where something in it does not fit."""
    from worker.alerts.delivery.addresses import addresses
    from worker.alerts.loading import load_plan

    plan = load_plan(settings_with())
    addresses(plan, lambda _: ())
    rules = {name: one.rule for name, one in sorted(plan.rules.items())}
    receivers = {name: one.kind for name, one in plan.receivers.items()}
    if json:
        named = {
            name: {"kind": _kind(one), "source": one.source, "severity": one.severity} for name, one in rules.items()
        }
        print_json({"rules": named, "receivers": receivers, "routes": len(plan.routing.routes), "digest": plan.digest})
        return
    rows = [(name, _kind(one), one.source, one.severity, one.summary) for name, one in rules.items()]
    print_table(("rule", "kind", "source", "severity", "summary"), rows)
    told = ", ".join(f"{name} ({kind})" for name, kind in receivers.items()) or "none: alerts are recorded only"
    typer.echo(f"receivers: {told}")


def _kind(rule: Any) -> str:
    return str(rule.kind)


@app.command(name="test")
def try_rule(
    rule: Annotated[str, typer.Argument(help="Name of the rule.", show_default=False)],
    since: Annotated[
        int, typer.Option(parser=moment, metavar="TIME", help=f"First record: {TIME}.", show_default=False)
    ],
    until: Annotated[
        int | None, typer.Option(parser=moment, metavar="TIME", help=f"End: {TIME} (default: now).", show_default=False)
    ] = None,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """Run one rule over history, and show what it would have found; nothing is written."""
    from worker.alerts.configuration.place import meant
    from worker.alerts.delivery.text import line
    from worker.alerts.loading import load_plan
    from worker.alerts.trial import trial
    from worker.moments import check_span, in_words

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    plan = load_plan(settings)
    if rule not in plan.rules:
        raise typer.BadParameter(f"there is no rule {rule!r}; {meant(rule, sorted(plan.rules))}")
    try:
        check_span(since, until)
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None

    def note(text: str) -> None:
        typer.echo(text, err=True)

    async def work() -> list[Any]:
        return [found async for found in trial(settings, plan, rule, since, until, note)]

    found = run_async(work())
    if json:
        print_json([alert for _, alert in found])
        return
    rows = [
        (in_words(ts), one.state, _labels(one.labels), "; ".join(f"{r.name}={line(str(r.value))}" for r in one.values))
        for ts, one in found
    ]
    if rows:
        print_table(("time", "state", "labels", "values"), rows)
    firing = sum(one.state == "firing" for _, one in found)
    typer.echo(f"{rule}: fires {firing} times", err=not rows)


@app.command(name="list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Resolved alerts, too.")] = False,
    delivered: Annotated[bool, typer.Option("--deliveries", help="Messages and what became of them, instead.")] = False,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """List the alerts that are open, those that fire first."""
    from worker.alerts.delivery.text import line
    from worker.moments import in_words
    from worker.operate import alerts as topics

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    if delivered:
        sent = run_async(topics.deliveries(settings))
        if json:
            print_json(sent)
            return
        print_table(
            ("time", "receiver", "outcome", "attempts", "alerts", "detail", "message"),
            [
                (
                    in_words(one.last_ms or one.queued_ms),
                    one.receiver,
                    one.outcome,
                    one.attempts,
                    len(one.alerts),
                    one.detail,
                    one.message_id,
                )
                for one in sent
            ],
        )
        return
    found = run_async(topics.alerts(settings, every))
    if json:
        print_json(found)
        return
    rows = [
        (
            one.fingerprint,
            one.state,
            one.severity,
            one.rule,
            _labels(one.labels),
            in_words(one.fired_ms or one.starts_ms),
            line(one.summary),
        )
        for one in found
    ]
    if rows:
        print_table(("alert", "state", "severity", "rule", "labels", "since", "summary"), rows)
    else:
        typer.echo("no alert is open", err=True)


def _labels(labels: dict[str, str]) -> str:
    from worker.alerts.delivery.text import line

    return line(", ".join(f"{name}={value}" for name, value in labels.items()))


app.command()(alert_acts.silences)
app.command()(alert_acts.silence)
app.command(name="end-silence")(alert_acts.end_silence)
app.command()(alert_acts.acknowledge)
