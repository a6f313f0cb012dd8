"""`alphapulse alerts test` with a rule of the fleet: what a member saw of it is in its journal, and plays again."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.integration.conftest import Bootstrap
from tests.support.alarms import MINUTE
from tests.support.alerting import Alerting, alerts_settings, make_alerts_topics, now_ms, write_file, written, wrote
from tests.support.commands import command
from tests.support.hooks import Hook
from tests.support.kafka import produce
from worker.errors import Exit
from worker.settings import Settings

pytestmark = pytest.mark.kafka
BEHIND = """
[rules.behind]
kind = "threshold"
source = "fleet"
where = [{ field = "kind", is = "lag" }, { field = "role", is = "worker" }]
labels = { partition = "partition" }
field = "lag_records"
above = 0
values = ["offset"]
summary = "Partition {partition} is behind"
"""


async def test_what_was_seen_of_the_fleet_plays_again(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    with Hook() as hook:
        settings = alerts_settings(broker.bootstrap, topic_prefix, write_file(tmp_path, hook.url, rest=BEHIND))
        begun = now_ms()
        span = ("--since", str(begun))
        await make_alerts_topics(settings)
        refused = command(settings, "alerts", "test", "behind", *span)
        assert (refused.code, "has no journal" in refused.sentence) == (Exit.CONFIG, True), refused.err
        async with Alerting(settings, tmp_path) as fleet:
            await fleet.owner("owner")
            ticks = [(0, b"A", b"{}", begun), (0, b"A", b"{}", begun)]
            await produce(broker.bootstrap, settings.topics.input, ticks)
            await reached(settings, 1)
            await wrote(settings, "behind", "firing")
            await reached(settings, 2)
            await wrote(settings, "behind", "resolved")
            await fleet.stop()
    played = command(settings, "alerts", "test", "behind", *span, "--json")
    assert played.code == Exit.OK, played.err
    assert msgspec.json.decode(played.out) == [
        msgspec.to_builtins(one) for one in await written(settings) if one.rule == "behind"
    ]
    assert "the journal has steps from" in played.sentence  # it begins after `begun`
    calm = command(settings, "alerts", "test", "lag", *span)
    assert (calm.code, "lag: fires 0 times" in calm.sentence) == (Exit.OK, True), calm.err
    for rule, *more in (("archive-behind",), ("unknown-commits",), ("behind", "--until", str(begun + 1))):
        refused = command(settings, "alerts", "test", rule, "--since", str(begun - MINUTE), *more)
        assert (refused.code, refused.out) == (Exit.CONFIG, ""), refused
        assert "nothing that this rule looks at was seen" in refused.sentence


async def reached(settings: Settings, offset: int) -> None:
    """Commit a position of the workers' group."""
    tp = TopicPartition(settings.topics.input, 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap_servers, group_id=settings.processing.group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([tp])
        await consumer.commit({tp: offset})
    finally:
        await consumer.stop()
