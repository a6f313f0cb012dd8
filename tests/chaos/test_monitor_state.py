"""F58: the state of the portfolio's monitor damaged and deleted: rebuilt from the decisions, or a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.chaos.portfolio import MOMENT, Team
from tests.support.fleet import said, until
from tests.support.kafka import create_topics
from tests.support.monitored import log
from tests.support.oracle import PATIENCE
from tests.support.portfolio import MINUTE, START
from tests.support.risk import (
    Decided,
    assert_exactly_once,
    make_risk_topics,
    owns,
    reached,
    read_whole,
    risk_settings,
    steps,
)
from tests.support.ticks import delete_before
from worker.errors import Exit
from worker.kafka.reader import Consumed
from worker.kafka.topics import wanted_by_risk
from worker.settings import Settings

pytestmark = pytest.mark.kafka

SEED, EACH = 13, 40  # EACH decisions of two partitions with four symbols each: ten minutes


async def stored(settings: Settings) -> dict[str, Consumed]:
    """The newest record of each key."""
    found = await read_whole(settings, settings.risk_state_topic, 0)
    return {(record.key or b"").decode(): record for record in found}


def write(settings: Settings, *records: Consumed) -> None:
    """Append these to the state topic, headers and all."""
    producer = confluent_kafka.Producer({"bootstrap.servers": settings.kafka.bootstrap_servers})
    for record in records:
        producer.produce(settings.risk_state_topic, record.value, record.key, 0, headers=list(record.headers))
    assert producer.flush(20) == 0


async def flipped(settings: Settings) -> None:
    """One bit of a return: as a number it is as good as before."""
    record = (await stored(settings))["ret-0"]
    value = bytearray(record.value or b"")
    value[-2] ^= 1
    write(settings, replace(record, value=bytes(value)))


async def cut_short(settings: Settings) -> None:
    """The head without its end."""
    record = (await stored(settings))["head"]
    write(settings, replace(record, value=(record.value or b"")[:-7]))


async def exchanged(settings: Settings) -> None:
    """Two rows of returns under each other's keys."""
    found = await stored(settings)
    one, other = found["ret-0"], found["ret-1"]
    write(settings, replace(one, key=other.key), replace(other, key=one.key))


async def left_out(settings: Settings) -> None:
    """The symbols' rows deleted."""
    write(settings, replace((await stored(settings))["rows-0"], value=None))


async def set_back(settings: Settings) -> None:
    """The head as it was some steps ago."""
    found = await read_whole(settings, settings.risk_state_topic, 0)
    write(settings, [record for record in found if record.key == b"head"][-3])


async def lost(settings: Settings) -> None:
    """The head deleted."""
    write(settings, replace((await stored(settings))["head"], value=None))


async def emptied(settings: Settings) -> None:
    """The whole topic made anew."""
    topic = settings.risk_state_topic
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers})
    for done in admin.delete_topics([topic]).values():
        await asyncio.to_thread(done.result, 20)

    async def gone() -> bool:
        return topic not in admin.list_topics(timeout=10).topics

    await until(gone, PATIENCE, "the state topic deleted")
    await create_topics(settings.kafka.bootstrap_servers, {topic: 1}, wanted_by_risk(settings)[topic])


Damage = Callable[[Settings], Awaitable[None]]
MENDED: tuple[Damage, ...] = (flipped, cut_short, exchanged, left_out, set_back)
ASKED: tuple[Damage, ...] = (lost, emptied)


@fault("F58")
async def test_a_damaged_state_is_rebuilt_from_the_decisions(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = risk_settings(cluster.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    source = Decided(settings, log(8, 2, 240, SEED))
    async with Team(settings, tmp_path) as team:
        await source.publish(2 * EACH)
        await team.begun(1)
        await reached(settings, START + 15 * MINUTE)
        for number, damage in enumerate((*MENDED, *ASKED), 2):
            await team.stop(MOMENT)
            written = len(await steps(settings))
            await damage(settings)
            await source.publish(EACH)
            if damage in ASKED:
                refused = team.member()
                assert await refused.exit_code(PATIENCE) == Exit.DATA, refused.text
                assert f"has record {written} of the portfolio, but the topic" in said(refused)
                assert "--rebuild" in said(refused)
            team.workers = []
            heir = team.member(*(("--rebuild",) if damage in ASKED else ()))
            await owns(heir)
            assert [told["record"] for told in heir.events("rebuilt")] == [written], f"{damage.__name__}: {heir.text}"
            await reached(settings, START + (10 * number + 5) * MINUTE)
        await team.stop(MOMENT)
        await assert_exactly_once(settings)

        # Without its first decisions nothing can be rebuilt.
        await cut_short(settings)
        await delete_before(settings, settings.topics.output, 5)
        refused = team.member()
        assert await refused.exit_code(PATIENCE) == Exit.DATA, refused.text
        assert "nor can it be rebuilt" in said(refused)
