"""`alphapulse topics`: create or check the topics of a fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.common import Bootstrap, Group, Json, Prefix, quiet_logs, run_async, settings_with
from worker.cli.output import print_json

if TYPE_CHECKING:
    from worker.operate import create_topics

app = typer.Typer(help="Create or check the topics.", no_args_is_help=True)
Partitions = Annotated[
    int | None,
    typer.Option(
        "--partitions",
        "-p",
        min=1,
        max=10_000,
        help="Number of partitions, fixed for life (default: as existing topics, else 4).",
        show_default=False,
    ),
]


@app.command()
def create(
    bootstrap: Bootstrap = None,
    group: Group = None,
    partitions: Partitions = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """Create missing topics with the required settings, then check all."""
    from worker.kafka import topics
    from worker.kafka.preflight import admin_client
    from worker.operate import create_topics

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix, topics={"partitions": partitions})

    async def work() -> dict[str, create_topics.Topic]:
        async with admin_client(settings.kafka) as admin:
            made = await create_topics.create(admin, settings, risk=True, alerts=True)
            topics.check(settings, await topics.describe(admin, settings.worker_topics))
            return made

    made = run_async(work())
    if json:
        created = [name for name, topic in made.items() if topic.created]
        details = {name: _described(topic) for name, topic in made.items()}
        found = {"created": created, "topics": settings.worker_topics, "details": details}
        print_json(found)
        return
    for name, topic in made.items():
        what = "created" if topic.created else "exists"
        typer.echo(f"{name}: {what}, {_counted(topic.partitions, 'partition')}, {_counted(topic.replicas, 'replica')}")
        for other in topic.differences:
            typer.echo(f"  {other.name} is {other.is_now}; topics create sets {other.wanted}")


def _described(topic: create_topics.Topic) -> dict[str, Any]:
    differences = {other.name: {"is": other.is_now, "wanted": other.wanted} for other in topic.differences}
    return topic._asdict() | {"differences": differences}


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


@app.command()
def check(bootstrap: Bootstrap = None, group: Group = None, prefix: Prefix = None, json: Json = False) -> None:
    """Check that the topics exist and have the required settings; exit 78 when they do not."""
    from worker.kafka import topics
    from worker.kafka.preflight import admin_client

    quiet_logs()
    settings = settings_with(bootstrap, group, prefix)

    async def work() -> dict[str, topics.Found]:
        async with admin_client(settings.kafka) as admin:
            found = await topics.describe(admin, settings.worker_topics)
            topics.check(settings, found)
            return found

    found = run_async(work())
    if json:
        print_json({name: item._asdict() for name, item in found.items()})
        return
    for name, item in found.items():
        typer.echo(f"{name}: {item.partitions} partitions, max.message.bytes {item.max_message_bytes}")
