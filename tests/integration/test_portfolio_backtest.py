"""What a fleet decides under its risk monitor, and what the monitor writes, come out again from topics and journals."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from schemas.portfolio import Portfolio
from tests.integration.conftest import Bootstrap
from tests.support.commands import command
from tests.support.risk import Monitors, make_risk_topics, portfolios, reached, read_whole, risk_settings
from tests.support.ticks import publish, ticks
from worker.backtest.portfolio.fleet import decided, monitored
from worker.backtest.tape import tapes
from worker.engine.settings import EngineSettings
from worker.errors import Exit
from worker.operate.read_journal import joined, read_journal
from worker.operate.read_topic import read_topic
from worker.settings import ControlSettings
from worker.sources.recording import write_recording

pytestmark = pytest.mark.kafka

TICKS, SYMBOLS, SEED, PARTITIONS = 9_000, 10, 7, 2
_portfolio = msgspec.json.Decoder(Portfolio).decode


async def test_a_fleet_under_its_monitor_is_a_backtest(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix, PARTITIONS, capital=2_000.0, max_symbol=0.01)
    settings = settings.model_copy(update={"control": ControlSettings(keep_journal=True)})
    await make_risk_topics(settings)
    records = ticks(TICKS, SYMBOLS, SEED, fault_rate=0.01)
    async with Monitors(settings, tmp_path) as fleet:
        await fleet.started("worker")
        await fleet.owner("monitor")
        for start in range(0, TICKS, 1_500):
            await publish(settings, records[start : start + 1_500])
            await fleet.caught_up()
            await reached(settings, records[start + 1_000].timestamp_ms)
        await fleet.stop()
    read = await read_topic(settings.kafka, settings.topics.input, None, None, lambda _: None)
    found = joined(tapes((one.key, one.value, one.timestamp) for one in read), read, await read_journal(settings))
    published = [await read_whole(settings, settings.topics.output, at) for at in range(PARTITIONS)]
    values = decided(found, EngineSettings(), PARTITIONS)
    assert values == [[one.value for one in part] for part in published]
    assert any(b'"control_block"' in value for part in values for value in part)
    written = [one.value or b"" for one in await portfolios(settings)]
    offsets = [[one.offset for one in part] for part in published]
    again = monitored(values, offsets, map(_portfolio, written), EngineSettings(), settings.risk)
    assert [output.portfolio for output in again] == written
    assert any(_portfolio(value).trips for value in written)

    state = await read_whole(settings, settings.risk_state_topic, 0)
    write_recording(((one.key, one.value, one.timestamp) for one in state), tmp_path / "state.jsonl")
    live = command(settings, "risk", "stress", "--shock", "all=-10%", "--json")
    recorded = command(
        settings, "risk", "stress", "--from", str(tmp_path / "state.jsonl"), "--shock", "all=-10%", "--json"
    )
    assert (live.code, recorded.code) == (Exit.OK, Exit.OK), live.err + recorded.err
    told = json.loads(live.out)
    assert told == json.loads(recorded.out)
    assert told["ts"] == _portfolio(written[-1]).ts
    assert told["equity"] == pytest.approx(_portfolio(written[-1]).equity.equity, rel=1e-9)
