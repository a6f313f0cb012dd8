"""`alphapulse alerts silence`, `end-silence`, `silences` and `acknowledge`: what operators do to alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.common import Bootstrap, Group, Json, Prefix, quiet_logs, run_async, settings_with
from worker.cli.output import print_json
from worker.cli.tables import print_table

if TYPE_CHECKING:
    from schemas.audit import Audit
    from worker.operate.acts.intent import Intent
    from worker.settings import Settings

Reason = Annotated[str, typer.Option(help="Reason, stored in the record.", show_default=False)]
Who = Annotated[str | None, typer.Option(help="Name of the operator (default: the user's).", show_default=False)]


def silences(bootstrap: Bootstrap = None, group: Group = None, prefix: Prefix = None, json: Json = False) -> None:
    """List the silences that hold."""
    from worker.alerts.delivery.text import line
    from worker.moments import in_words
    from worker.operate import alerts

    quiet_logs()
    found = run_async(alerts.silences(settings_with(bootstrap, group, prefix)))
    if json:
        print_json(found)
        return
    if not found:
        typer.echo("nothing is silenced", err=True)
        return
    rows = [
        (
            one.id,
            line(", ".join(f"{m.label}{'!=' if m.negated else '='}{m.value}" for m in one.matchers)),
            in_words(one.ends_ms),
            line(one.author),
            line(one.reason),
        )
        for one in found
    ]
    print_table(("silence", "alerts", "until", "author", "reason"), rows)


def silence(
    matchers: Annotated[
        list[str],
        typer.Argument(help="label=value or label!=value, all of them; a * ends a beginning.", show_default=False),
    ],
    reason: Reason,
    lasts: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 7d.", show_default=False)],
    who: Who = None,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """Record alerts with these labels, `rule` and `severity` included, without telling of them."""
    from worker.alerts.configuration.units import duration
    from worker.operate.acts import alerts
    from worker.operate.acts.intent import local_user

    try:
        found, ms = [alerts.matcher(one) for one in matchers], duration(lasts)
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None
    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    act = _done(settings, who, alerts.silence(found, ms, who or local_user(), reason))
    _tell(settings, act, json, f"silenced for {lasts}: {act.subject}")


def end_silence(
    silence: Annotated[str, typer.Argument(help="Id of the silence.", show_default=False)],
    reason: Reason,
    who: Who = None,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """End a silence before its time."""
    from worker.operate.acts import alerts

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    act = _done(settings, who, alerts.end_silence(silence, reason))
    _tell(settings, act, json, f"ended: {act.subject}")


def acknowledge(
    alert: Annotated[str, typer.Argument(help="Fingerprint of the alert.", show_default=False)],
    reason: Reason,
    who: Who = None,
    bootstrap: Bootstrap = None,
    group: Group = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """Take an alert on: it is no longer repeated or escalated."""
    from worker.operate.acts import alerts

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)
    act = _done(settings, who, alerts.acknowledge_alert(alert, reason))
    _tell(settings, act, json, f"acknowledged: {act.subject}")


def _done(settings: Settings, who: str | None, intent: Intent) -> Audit:
    from worker.operate.acts.intent import Origin, local_user
    from worker.operate.acts.perform import perform

    return run_async(perform(settings, Origin(who or local_user()), intent)).audit


def _tell(settings: Settings, act: Audit, json: bool, text: str) -> None:
    import msgspec

    if json:
        print_json({"topic": settings.topics.acts} | msgspec.to_builtins(act))
    else:
        typer.echo(f"{settings.topics.acts}: {text}")
