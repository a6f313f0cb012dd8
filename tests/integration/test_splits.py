"""A split that is announced while workers run and one dies: it takes effect once, and every byte is the backtest's."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.commands import command
from tests.support.fleet import Fleet, until
from tests.support.oracle import under_load
from tests.support.outputs import Outputs, assert_equal, expected, published, read_input, read_journal
from tests.support.ticks import Publishing, group_settings, make_audit_topic, make_topics, publish, ticks
from worker.errors import Exit
from worker.operate.verify import check_group
from worker.settings import Settings
from worker.sources.record import Record

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "7"))
OFTEN = {"save_records": 7, "save_offsets": 300, "idle_flush_ms": 200}
SYMBOLS, TOTAL, FIRST, RATE = 10, 4_000, 1_500, 250
SPLIT, FACTOR = "SIM0001", 0.25
PRICES = ("open", "high", "low", "close")


def after_split(records: Iterable[Record], ex: int) -> list[Record]:
    """The records with one symbol's prices and volumes as after a split from a time on."""
    found = []
    for record in records:
        if record.key == SPLIT.encode() and (tick := _bar(record.value)) and tick["ts"] >= ex:
            tick |= {name: tick[name] * FACTOR for name in PRICES} | {"volume": tick["volume"] / FACTOR}
            record = record._replace(value=msgspec.json.encode(tick))
        found.append(record)
    return found


def _bar(value: bytes | None) -> dict[str, Any] | None:
    # Some ticks are faulty on purpose: what is no bar of numbers stays as it is.
    try:
        tick = msgspec.json.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    whole = isinstance(tick, dict) and all(type(tick.get(name)) in (int, float) for name in ("ts", "volume", *PRICES))
    return tick if whole else None


def decisions_of(found: Outputs, symbol: str) -> list[dict[str, Any]]:
    lines = (line for (topic, _), lines in found.items() if topic == "decisions" for line in lines)
    decided = (msgspec.json.decode(line.value or b"") for line in lines)
    return sorted((each for each in decided if each["symbol"] == symbol), key=lambda each: each["sequence"])


def played(settings: Settings, out: Path) -> list[bytes]:
    """The decisions of a backtest of the topic with the group's journal."""
    done = command(settings, "backtest", "--topic", settings.topics.input, "--control", "--out", str(out))
    assert done.code == Exit.OK, done.err
    return sorted((out / "decisions.jsonl").read_bytes().splitlines())


@fault("F1")
async def test_a_split_while_a_worker_is_killed(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=2, state=OFTEN, max_batch_records=60)
    await make_topics(settings)
    await make_audit_topic(settings)
    plain = ticks(TOTAL, SYMBOLS, SEED)
    ex = plain[2_200].timestamp_ms // 60_000 * 60_000
    records = after_split(plain, ex)
    async with Fleet(settings, tmp_path) as fleet:
        victim, heir = fleet.start("victim"), fleet.start("heir")
        await victim.ready(partitions=1)
        await heir.ready(partitions=1)
        await publish(settings, records[:FIRST])
        await fleet.caught_up()
        late = command(settings, "control", "split", SPLIT, "2:1", "--ex", str(records[0].timestamp_ms))
        assert late.code == Exit.CONFIG
        assert "is already decided" in late.err
        done = command(settings, "control", "split", SPLIT, "4:1", "--ex", str(ex), "--json")
        assert done.code == Exit.OK, done.err
        assert msgspec.json.decode(done.out)["corp_action"] == {"ex_ts": ex, "price_factor": FACTOR}
        other = command(settings, "control", "split", SPLIT, "3:1", "--ex", str(ex + 60_000))
        assert other.code == Exit.CONFIG
        assert "waits for another split" in other.err
        assert "prices times 0.25 from" in command(settings, "control", "show").out

        async def heard() -> bool:
            return all([(await each.metric("controls_read_total") or 0) >= 1 for each in (victim, heir)])

        await until(heard, 10, "the record read by both workers")
        publishing = Publishing(settings, records[FIRST:], rate=RATE)
        await under_load(fleet, publishing)
        victim.kill()
        await heir.ready(partitions=2, seconds=20)
        await publishing.finish()
        await fleet.caught_up()
        await fleet.stop()
    report = await check_group(settings)
    assert report.complete, report
    found, journal = published(settings), read_journal(settings)
    assert_equal(found, expected(settings, read_input(settings), journal))
    assert {entry.key for part in journal for entry in part} == {SPLIT}
    decisions = decisions_of(found, SPLIT)
    told = [each["ts"] for each in decisions if "corporate_action" in each["quality"]["codes"]]
    assert told == [min(each["ts"] for each in decisions if each["ts"] >= ex)]
    lines = [line.value or b"" for (topic, _), some in found.items() if topic == "decisions" for line in some]
    assert played(settings, tmp_path / "backtest") == sorted(lines)
    after = command(settings, "control", "split", SPLIT, "2:1", "--ex", str(ex))
    assert "is already decided" in after.err
