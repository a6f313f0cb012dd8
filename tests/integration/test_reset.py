"""`state reset` keeps a group runnable: rebuilt where that is possible, else begun anew, and `verify` knows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.commands import command
from tests.support.fleet import Fleet, WorkerProcess
from tests.support.monitor import Monitor
from tests.support.outputs import Outputs, assert_equal, expected, published, read_input, read_journal
from tests.support.ticks import delete_before, group_settings, make_topics, publish, ticks
from worker.errors import Exit
from worker.operate.verify import check_group
from worker.settings import Settings

pytestmark = pytest.mark.kafka

SYMBOLS, SEED = 20, 31
OFTEN = {"save_records": 7, "save_offsets": 300, "idle_flush_ms": 200}


def reset(settings: Settings, *arguments: str) -> list[dict[str, object]]:
    """What `alphapulse state reset` says of each partition."""
    done = command(settings, "state", "reset", "--yes", "--json", *arguments)
    assert done.code == Exit.OK, done.err
    found: list[dict[str, object]] = json.loads(done.out)
    return found


async def one_life(fleet: Fleet, name: str) -> WorkerProcess:
    """A worker from its start to its drain at the end of the input."""
    worker = await fleet.started(name)
    await fleet.caught_up()
    await fleet.stop()
    return worker


def begun_anew(settings: Settings, offsets: list[int]) -> Outputs:
    """What must lie there when the state of each partition begins anew at an offset."""
    inputs, journal = read_input(settings), read_journal(settings)
    parts = list(zip(inputs, offsets, strict=True))
    before = expected(settings, [[r for r in records if r.offset < offset] for records, offset in parts], journal)
    after = expected(settings, [[r for r in records if r.offset >= offset] for records, offset in parts], journal)
    return {at: lines + after[at] for at, lines in before.items()}


async def test_after_limits_a_reset_begins_anew_and_the_group_runs_on(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=2, state=OFTEN)
    await make_topics(settings)
    records = ticks(2_600, SYMBOLS, SEED)
    end = records[-1].timestamp_ms
    async with Monitor(settings) as monitor, Fleet(settings, tmp_path) as fleet:
        await monitor.say("*", end, allow_open=False)
        await publish(settings, records[:1_000])
        await fleet.started("first")
        await fleet.caught_up()
        await monitor.withdraw("*")
        await monitor.say("SIM0001", end, risk_mult=0.5)
        await fleet.stop()
        await publish(settings, records[1_000:2_000])
        await one_life(fleet, "second")
        offsets = await fleet.progress.committed()
        told = reset(settings)
        assert [part["start"] for part in told] == offsets
        assert all("journal of limits begins" in str(part["anew"]) for part in told)
        assert sum(int(str(part["removed"])) for part in told) == SYMBOLS
        assert (await check_group(settings)).complete
        await one_life(fleet, "idle")  # nothing to process: the reset holds all the same
        assert [part["start"] for part in reset(settings)] == offsets, "a second reset changes nothing"
        last = [record for record in records[2_000:] if record.key == b"SIM0001"]
        await publish(settings, last)  # one partition stays idle
        await one_life(fleet, "one")
        await publish(settings, [record for record in records[2_000:] if record.key != b"SIM0001"])
        third = await one_life(fleet, "third")
        assert all(line["damaged"] == 0 for line in third.events("state restored"))
    report = await check_group(settings)
    assert report.complete, report
    assert_equal(published(settings), begun_anew(settings, offsets))
    with pytest.raises(AssertionError):
        assert_equal(published(settings), expected(settings, read_input(settings), read_journal(settings)))


async def test_without_limits_a_reset_state_is_rebuilt(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    records = ticks(800, SYMBOLS, SEED)
    await publish(settings, records[:600])
    async with Fleet(settings, tmp_path) as fleet:
        await one_life(fleet, "first")
        assert reset(settings) == [{"partition": 0, "removed": SYMBOLS, "start": 0, "anew": ""}]
        await publish(settings, records[600:])
        (restored,) = (await one_life(fleet, "second")).events("state restored")
        assert (restored["replayed"], restored["damaged"], restored["snapshots"]) == (600, 0, 0)
        await delete_before(settings, settings.topics.input, 300)
        (told,) = reset(settings)
        assert told["start"] == 800
        assert told["anew"] == "the input begins at offset 300, the group began at 0"
        await one_life(fleet, "third")
    assert (await check_group(settings)).complete


async def test_at_least_once_a_reset_begins_anew_when_it_is_asked_for(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1, guarantee="at_least_once")
    await make_topics(settings)
    records = ticks(800, SYMBOLS, SEED)
    await publish(settings, records[:600])
    async with Fleet(settings, tmp_path) as fleet:
        assert reset(settings) == [{"partition": 0, "removed": 0, "start": None, "anew": ""}]
        await one_life(fleet, "first")
        (told,) = reset(settings, "--anew")
        assert (told["start"], told["anew"]) == (600, "requested by --anew")
        await publish(settings, records[600:])
        await one_life(fleet, "second")
    report = await check_group(settings)
    assert report.complete, report
    assert_equal(published(settings), begun_anew(settings, [600]))
