"""`alphapulse topics`: create the topics a fleet needs, or check them."""

from __future__ import annotations

from typing import Annotated

import typer

from worker.cli.common import Bootstrap, Group, Json, Prefix, quiet_logs, run_async, settings_with

app = typer.Typer(help="Create or check the topics.", no_args_is_help=True)
Partitions = Annotated[int | None, typer.Option("--partitions", "-p", help="Fixed for life.", show_default=False)]


@app.command()
def create(
    bootstrap: Bootstrap = None,
    group: Group = None,
    partitions: Partitions = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """Create missing topics with the settings they need, then check all."""
    import msgspec

    from worker.stream import topics
    from worker.stream.preflight import admin_client

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix, topics={"partitions": partitions})

    async def work() -> list[str]:
        async with admin_client(settings.kafka) as admin:
            created = await topics.create(admin, settings)
            topics.check(settings, await topics.describe(admin, settings.worker_topics))
            return created

    created = run_async(work())
    if json:
        typer.echo(msgspec.json.encode({"created": created, "topics": settings.worker_topics}).decode())
        return
    for name in settings.worker_topics:
        typer.echo(f"{name}: {'created' if name in created else 'exists'}, {settings.topics.partitions} partitions")


@app.command()
def check(bootstrap: Bootstrap = None, group: Group = None, prefix: Prefix = None, json: Json = False) -> None:
    """Check that the topics exist and fit; exit 78 when they do not."""
    import msgspec

    from worker.stream import topics
    from worker.stream.preflight import admin_client

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)

    async def work() -> dict[str, topics.Found]:
        async with admin_client(settings.kafka) as admin:
            found = await topics.describe(admin, settings.worker_topics)
            topics.check(settings, found)
            return found

    found = run_async(work())
    if json:
        typer.echo(msgspec.json.encode({name: item._asdict() for name, item in found.items()}).decode())
        return
    for name, item in found.items():
        typer.echo(f"{name}: {item.partitions} partitions, max.message.bytes {item.max_message_bytes}")
