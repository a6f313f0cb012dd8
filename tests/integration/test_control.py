"""Control records that arrive while workers run and die: the journal says when, and repeats every byte."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.state import JournalEntry
from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.commands import command
from tests.support.fleet import Fleet, WorkerProcess, said, until
from tests.support.kafka import produce
from tests.support.monitor import Monitor
from tests.support.oracle import under_load
from tests.support.outputs import (
    Outputs,
    assert_equal,
    count,
    expected,
    published,
    read_input,
    read_journal,
    without_repeats,
)
from tests.support.ticks import Publishing, group_settings, make_audit_topic, make_topics, publish, ticks
from worker.errors import Exit
from worker.operate.verify import check_group
from worker.settings import ControlSettings, Settings
from worker.stream.state.records import journal_key

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "7"))
OFTEN = {"save_records": 7, "save_offsets": 300, "idle_flush_ms": 200}
SYMBOLS, FIRST, TOTAL = 20, 5_000, 7_000
RATE = 250
BLOCKED, KILLED, LATER = "SIM0001", "SIM0002", "SIM0003"


async def processed(fleet: Fleet, offsets: int) -> None:
    """Wait until the group has committed so many offsets."""

    async def holds() -> bool:
        return sum(await fleet.progress.committed()) >= offsets

    await until(holds, 40, f"{offsets} offsets committed")


async def heard(fleet: Fleet, records: int) -> None:
    """Wait until the last started worker has read so many control records."""

    async def holds() -> bool:
        return (await fleet.workers[-1].metric("controls_read_total") or 0) >= records

    await until(holds, 10, f"{records} control records read")


async def decided_with(fleet: Fleet, records: int) -> None:
    """Wait until the last started worker has read so many control records, and each partition has met them."""
    await heard(fleet, records)
    before, batch = await fleet.progress.committed(), fleet.settings.processing.max_batch_records

    async def holds() -> bool:  # beyond a batch that had begun before
        return all(now > then + 2 * batch for then, now in zip(before, await fleet.progress.committed(), strict=True))

    await until(holds, 40, "records of each partition decided since")


def decided(found: Outputs) -> list[dict[str, Any]]:
    lines = (line for (topic, _), lines in found.items() if topic == "decisions" for line in lines)
    return [msgspec.json.decode(line.value or b"") for line in lines]


def seen(decisions: list[dict[str, Any]], reason: str) -> set[str]:
    """Symbols that a reason kept from a trade or made one."""
    return {d["symbol"] for d in decisions if reason in d["reasons"]}


async def whole(settings: Settings) -> tuple[Outputs, list[list[JournalEntry]]]:
    """What was published, after comparing it with this process's engine and the journal."""
    report = await check_group(settings)
    assert report.complete, report
    found, journal = published(settings), read_journal(settings)
    assert_equal(found, expected(settings, read_input(settings), journal))
    return found, journal


async def test_controls_while_a_worker_is_killed(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=2, state=OFTEN, max_batch_records=60)
    await make_topics(settings)
    records = ticks(TOTAL, SYMBOLS, SEED)
    end = records[-1].timestamp_ms
    async with Monitor(settings) as monitor, Fleet(settings, tmp_path) as fleet:
        before = await monitor.say("*", end, risk_mult=0.5)
        victim, heir = fleet.start("victim"), fleet.start("heir")
        await victim.ready(partitions=1)
        await heir.ready(partitions=1)
        publishing = Publishing(settings, records[:FIRST], rate=RATE)
        await processed(fleet, 400)
        await monitor.say(BLOCKED, end, allow_open=False)
        await monitor.say(KILLED, end, kill="close_all")
        await monitor.say(LATER, end, effective_ts=records[4_000].timestamp_ms, risk_mult=0.25)
        await processed(fleet, 1_400)
        await under_load(fleet, publishing)
        victim.kill()
        await monitor.say(KILLED, end)  # while nobody owns the victim's partition
        await heir.ready(partitions=2, seconds=20)
        await under_load(fleet, publishing)
        at = (await fleet.progress.committed())[0]
        await monitor.say("*", records[0].timestamp_ms, max_notional=900.0)  # stale at once
        assert publishing.left > 500, "the input ended before the last record"
        await publishing.wait()
        await fleet.caught_up()
        await fleet.stop()
        found, journal = await whole(settings)
        entries = [entry for part in journal for entry in part]
        assert {(e.key, e.ordinal) for e in entries} >= {
            ("*", 1),
            ("*", 2),
            (BLOCKED, 1),
            (KILLED, 1),
            (KILLED, 2),
            (LATER, 1),
        }
        assert {e.version for e in entries if e.key == "*" and e.visible_from == 0} == {before}
        assert all(e.visible_from > 0 for e in entries if e.key != "*" or e.ordinal > 1)
        assert max(e.visible_from for e in journal[0]) >= at
        decisions = decided(found)
        assert seen(decisions, "control_block") == {BLOCKED}
        assert seen(decisions, "kill_switch") == {KILLED}
        assert len(seen(decisions, "control_stale")) > SYMBOLS // 2
        later = [d for d in decisions if d["symbol"] == LATER]
        effective = records[4_000].timestamp_ms
        assert {d["ts"] >= effective for d in later if d["control_version"]} == {True}
        assert {d["ts"] < effective for d in later if not d["control_version"]} == {True}
        assert {d["risk"]["g_ctl"] for d in later if d["control_version"]} == {0.25}
        assert all(d["control_all_version"] >= before for d in decisions)

        # The fleet is away: more input, and a kill switch for all that the next owner sees first.
        await monitor.say("*", end, kill="close_all")
        await monitor.withdraw(BLOCKED)
        await publish(settings, records[FIRST:])
        again = await fleet.started("again")
        await fleet.caught_up()
        assert all(restored["journal"] > 0 for restored in again.events("state restored"))
        fleet.workers = [again]
        await fleet.stop()
        found, journal = await whole(settings)
    assert any(e.key == BLOCKED and e.control is None for part in journal for e in part)
    assert len(seen(decided(found), "kill_switch")) == SYMBOLS
    with pytest.raises(AssertionError):
        assert_equal(found, expected(settings, read_input(settings)))


async def test_at_least_once_controls_hold_too(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1, state=OFTEN, guarantee="at_least_once")
    await make_topics(settings)
    records = ticks(1_500, 10, SEED)
    async with Monitor(settings) as monitor, Fleet(settings, tmp_path) as fleet:
        await publish(settings, records[:1_000])
        first = await fleet.started("first")
        await fleet.caught_up()
        await monitor.say("*", records[-1].timestamp_ms, allow_open=False)
        await fleet.stop()
        await publish(settings, records[1_000:])
        assert await first.exit_code(1) == Exit.OK
        await fleet.started("second")
        await fleet.caught_up()
        await fleet.stop()
    found, journal = await whole(settings)
    assert [entry.visible_from for entry in journal[0]] == [1_000]
    assert seen(decided(found), "control_block")


@fault("F1")
async def test_at_least_once_a_kill_does_not_move_a_control(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    """Offsets wait for seconds, a record that a control has decided does not: else its repeat would meet it earlier."""
    settings = group_settings(
        broker.bootstrap, topic_prefix, partitions=1, guarantee="at_least_once", commit_interval_ms=10_000
    )
    await make_topics(settings)
    records = ticks(4_000, 10, SEED)

    async with Monitor(settings) as monitor, Fleet(settings, tmp_path) as fleet:
        victim = await fleet.started("victim")
        publishing = Publishing(settings, records, rate=RATE)
        await processed(fleet, 1)
        await _batches(victim, 20)
        await monitor.say("*", records[-1].timestamp_ms, risk_mult=0.5)
        await until(lambda: _in_use(victim), 20, "a decision that the control has changed")
        await _batches(victim, 3)
        victim.kill()
        await publishing.finish()
        await fleet.started("heir")
        await fleet.caught_up()
        await fleet.stop()
    found, journal = published(settings), read_journal(settings)
    wanted = expected(settings, read_input(settings), journal)
    assert count(found) > count(wanted), "the kill left no output without an offset"
    assert_equal(without_repeats(found), wanted)


async def _batches(worker: WorkerProcess, count: int) -> None:
    """Wait until a worker has published the outputs of `count` batches more."""
    begun = await worker.metric("engine_seconds_count") or 0

    async def holds() -> bool:
        return (await worker.metric("engine_seconds_count") or 0) > begun + count

    await until(holds, 20, f"{count} batches")


async def _in_use(worker: WorkerProcess) -> bool:
    return bool(worker.events("control record in use"))


async def test_a_lost_entry_stops_the_worker_unless_it_may_be_forgotten(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    async with Monitor(settings) as monitor, Fleet(settings, tmp_path) as fleet:
        await monitor.say("*", 2**40, risk_mult=0.5)
        await fleet.started("first")
        await publish(settings, ticks(200, 5, SEED))
        await fleet.caught_up()
        await fleet.stop()
        ((entry,),) = read_journal(settings)
        await produce(broker.bootstrap, settings.state_topic, [(0, journal_key(entry), None, 0)])
        refused = fleet.start("refused")
        assert await refused.exit_code(60) == Exit.DATA
        assert "partition 0 lacks 1 entries" in said(refused)
        fleet.workers.remove(refused)
        await fleet.started("forgets", ALPHAPULSE_STATE__ON_LOSS="forget")
        await fleet.stop()


async def test_a_required_topic_must_be_there(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    missing = settings.topics.model_copy(update={"control": "elsewhere"})
    strict = {"topics": missing, "control": ControlSettings(read="required")}
    async with Fleet(settings.model_copy(update=strict), tmp_path) as fleet:
        worker = fleet.start("refused")
        assert await worker.exit_code(60) == Exit.CONFIG
        assert f"missing topic: {settings.topics.prefix}elsewhere" in said(worker)


async def test_a_topic_that_is_not_read_changes_nothing(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    settings = settings.model_copy(update={"control": ControlSettings(read="off")})
    await make_topics(settings)
    await publish(settings, ticks(600, 5, SEED))
    async with Monitor(settings) as monitor, Fleet(settings, tmp_path) as fleet:
        await monitor.say("*", 0, kill="close_all")
        await fleet.started("worker")
        await fleet.caught_up()
        await fleet.stop()
    assert read_journal(settings) == [[]]
    assert_equal(published(settings), expected(settings, read_input(settings)))


async def test_the_command_sets_shows_and_lifts_limits(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    missing = command(settings, "control", "show")
    assert missing.code == Exit.CONFIG
    assert "alphapulse topics create" in missing.err
    await make_topics(settings)
    await make_audit_topic(settings)
    records = ticks(1_500, 5, SEED)
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker")
        assert command(settings, "control", "set", "*", "--kill", "--reason", "drill").code == Exit.OK
        assert command(settings, "control", "set", "*", "--risk-mult", "0.5").code == Exit.OK
        refused = command(settings, "control", "set", "*", "--risk-mult", "1.5")
        assert refused.code == Exit.USAGE
        assert "--risk-mult" in refused.err
        assert command(settings, "control", "set", "*").code == Exit.USAGE
        unknown = command(settings, "control", "lift", "NOPE")
        assert unknown.code == Exit.CONFIG
        assert "there is no record of 'NOPE'" in unknown.err
        (shown,) = msgspec.json.decode(command(settings, "control", "show", "--json").out)
        assert (shown["key"], shown["kill"], shown["risk_mult"], shown["reason"]) == ("*", "close_all", 0.5, "drill")
        assert "close_all" in command(settings, "control", "show").out
        await heard(fleet, 2)
        await publish(settings, records[:1_000])
        await fleet.caught_up()
        assert command(settings, "control", "lift", "*").code == Exit.OK
        assert msgspec.json.decode(command(settings, "control", "show", "--json").out) == []
        assert command(settings, "control", "set", "SIM0001", "--block").code == Exit.OK
        await heard(fleet, 4)
        await publish(settings, records[1_000:])
        await fleet.caught_up()
        await fleet.stop()
    found, journal = await whole(settings)
    assert {line["key"] for line in worker.events("control record lifted")} == {"*"}
    assert {line["key"] for line in worker.events("control record in use")} == {"*", "SIM0001"}
    assert (journal[0][0].key, journal[0][0].version) == ("*", shown["version"])
    assert {(e.key, e.control is None) for e in journal[0]} == {("*", False), ("*", True), ("SIM0001", False)}
    assert len(seen(decided(found), "kill_switch")) == 5
    assert seen(decided(found), "control_block") == {"SIM0001"}
