"""`export` and `read_decisions` on a real broker: what is committed, all of it, nothing else."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec
import pyarrow.parquet
import pytest
from aiokafka import AIOKafkaProducer

from schemas import Decision, Rejection
from tests.integration.conftest import Bootstrap
from tests.support.kafka import create_topics, produce
from tests.support.record_engine import RecordEngine
from worker import read_decisions
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.errors import ConfigError, DataError
from worker.sources.simulation.simulator import Simulation, simulated_records

pytestmark = pytest.mark.kafka
PARTITIONS = 3


def outcomes() -> list[tuple[int, Decision | Rejection]]:
    """Outcomes of a simulated market with the timestamps of their records."""
    records = list(simulated_records(Simulation(symbols=5, bars=60, seed=12, fault_rate=0.05)))
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    return list(zip(batch.timestamps, RecordEngine(EngineSettings()).process(batch), strict=True))


@pytest.fixture
async def topic(broker: Bootstrap, topic_prefix: str) -> str:
    """A topic of decisions, a transaction that was aborted behind them."""
    name = f"{topic_prefix}.decisions"
    await create_topics(broker.bootstrap, {name: PARTITIONS})
    decided = [(ts, item) for ts, item in outcomes() if isinstance(item, Decision)]
    lines = [(at % PARTITIONS, b"k", msgspec.json.encode(item), ts) for at, (ts, item) in enumerate(decided)]
    await produce(broker.bootstrap, name, lines)
    aborting = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=topic_prefix)
    await aborting.start()
    await aborting.begin_transaction()
    for partition in range(PARTITIONS):
        await aborting.send_and_wait(name, lines[0][2], partition=partition)
    await aborting.abort_transaction()
    await aborting.stop()
    return name


async def test_the_table_holds_what_is_committed(broker: Bootstrap, topic: str, tmp_path: Path) -> None:
    decided = [item for _, item in outcomes() if isinstance(item, Decision)]
    file = tmp_path / "d.jsonl"
    file.write_bytes(msgspec.json.Encoder().encode_lines(decided))
    table = read_decisions(bootstrap_servers=broker.bootstrap, topic=topic)  # while this loop runs
    assert table.equals(read_decisions(file))
    since = decided[150].ts
    later = read_decisions(bootstrap_servers=broker.bootstrap, topic=topic, since=since)
    assert later.equals(read_decisions(file, since=since))
    assert 0 < later.num_rows < table.num_rows


async def test_the_command_writes_a_file(broker: Bootstrap, topic: str, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    arguments = ("export", str(out), "--topic", topic, "--symbol", "SIM0002", "-b", broker.bootstrap, "--json")
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "worker", *arguments, stdout=PIPE, stderr=PIPE)
    output, errors = await process.communicate()
    assert process.returncode == 0, errors
    table = pyarrow.parquet.read_table(out)
    assert json.loads(output) == {"file": str(out), "format": "parquet", "rows": table.num_rows}
    wanted = [i.decision_id for _, i in outcomes() if isinstance(i, Decision) and i.symbol == "SIM0002"]
    assert sorted(table["decision_id"].to_pylist()) == sorted(wanted)


async def test_what_is_no_decision_is_named(broker: Bootstrap, topic_prefix: str) -> None:
    name = f"{topic_prefix}.odd"
    with pytest.raises(ConfigError, match="does not exist"):
        await asyncio.to_thread(read_decisions, bootstrap_servers=broker.bootstrap, topic=name)
    await create_topics(broker.bootstrap, {name: 1})
    assert read_decisions(bootstrap_servers=broker.bootstrap, topic=name).num_rows == 0
    await produce(broker.bootstrap, name, [(0, b"k", b"{}", 1_700_000_000_000)])
    with pytest.raises(DataError, match="partition 0, offset 0"):
        read_decisions(bootstrap_servers=broker.bootstrap, topic=name)
