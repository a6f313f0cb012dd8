"""Workers that ask a model, and switch it while they run and die: every byte as the engine and its journal say, and as
a backtest where nothing was switched."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import msgspec
import onnxruntime
import pytest

from schemas.control import MODEL_KEY
from tests.integration.conftest import Bootstrap
from tests.integration.test_control import decided, decided_with, processed, whole
from tests.support.commands import command
from tests.support.fleet import Fleet, said
from tests.support.oracle import under_load
from tests.support.outputs import assert_equal, expected, read_input
from tests.support.parity import backtested, differing, live
from tests.support.ticks import Publishing, group_settings, make_audit_topic, make_topics, ticks
from tests.unit.models import graphs
from worker.errors import Exit
from worker.models.registry import Registry
from worker.settings import ChallengerSettings, ModelsSettings, Settings
from worker.sources.recording import write_recording

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "7"))
SHIPPED, VERSION = "index-daily", "1.0.0"
MODELS = Path(__file__).parents[2] / "examples" / "models"
OFTEN = {"save_records": 7, "save_offsets": 300, "idle_flush_ms": 200}
TOTAL, SYMBOLS, RATE = 12_000, 10, 250


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """The shipped model, and another one."""
    root = tmp_path / "models"
    shutil.copytree(MODELS, root)
    content = graphs.sigmoid()
    graphs.put(root, content, graphs.manifest(content))
    return root


def serving(settings: Settings, root: Path, challenger: bool = False) -> Settings:
    """The same group with the shipped model, and the other one on trial."""
    pinned = {"name": SHIPPED, "version": VERSION, "digest": Registry(root).manifest(SHIPPED, VERSION)[1]}
    other = Registry(root).manifest(graphs.NAME, graphs.VERSION)[1]
    trial = ChallengerSettings(name=graphs.NAME, version=graphs.VERSION, digest=other)
    models = ModelsSettings(registry=root, challenger=trial) if challenger else ModelsSettings(registry=root)
    return settings.model_copy(update={"engine": {"model": pinned}, "models": models})


def switch(settings: Settings, *arguments: str) -> None:
    """Run `alphapulse control model`."""
    done = command(settings, "control", "model", *arguments)
    assert done.code == Exit.OK, done.err


async def test_a_switch_while_workers_are_killed_and_stopped(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path, registry: Path
) -> None:
    group = group_settings(broker.bootstrap, topic_prefix, partitions=2, state=OFTEN, max_batch_records=60)
    settings = serving(group, registry, challenger=True)
    await make_topics(settings)
    await make_audit_topic(settings)
    records = ticks(TOTAL, SYMBOLS, SEED)
    async with Fleet(settings, tmp_path) as fleet:
        victim, heir = fleet.start("victim"), fleet.start("heir")
        await victim.ready(partitions=1)
        await heir.ready(partitions=1)
        publishing = Publishing(settings, records, rate=RATE)
        await processed(fleet, 1_500)
        switch(settings, graphs.NAME, graphs.VERSION)
        await decided_with(fleet, 1)
        await under_load(fleet, publishing)
        victim.kill()
        await heir.ready(partitions=2, seconds=30)
        assert (await heir.metric("challenger_comparisons_total") or 0) > 0
        switch(settings, "--none")  # its first owner dies by SIGTERM, its second restores from the journal
        await decided_with(fleet, 2)
        await under_load(fleet, publishing)
        fleet.workers = [heir]
        await fleet.stop()
        fleet.workers = []
        switch(settings, "--configured")
        again = await fleet.started("again")
        await publishing.finish()
        await fleet.caught_up()
        assert any(restored["journal"] > 0 for restored in again.events("state restored"))
        await fleet.stop()
        found, journal = await whole(settings)
        with pytest.raises(AssertionError):
            assert_equal(found, expected(settings, read_input(settings)))
    for part in journal:
        entries = [entry for entry in part if entry.key == MODEL_KEY]
        assert [entry.control and entry.control.model and entry.control.model.name for entry in entries] == [
            graphs.NAME,
            None,
            None,
        ]
    seen = Counter((each["model"]["id"], each["model"]["status"]) for each in decided(found))
    assert min(seen[SHIPPED, "ok"], seen[graphs.NAME, "ok"], seen[None, "not_configured"]) > 50
    runtime = f"onnxruntime {onnxruntime.__version__}"
    assert {each["model"].get("runtime") for each in decided(found)} == {runtime, None}


async def test_live_is_backtest_with_a_model(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path, registry: Path
) -> None:
    group = group_settings(broker.bootstrap, topic_prefix, max_batch_records=200)
    settings = serving(group, registry)
    records = ticks(4_000, 10, SEED)
    wanted = await live(settings, records, tmp_path, seconds=90)
    statuses = Counter(msgspec.json.decode(line)["model"]["status"] for line in wanted.decisions)
    assert statuses["ok"] > 2_000
    recording = tmp_path / "ticks.jsonl"
    write_recording(records, recording)
    assert differing(backtested(settings, [recording], tmp_path / "file"), wanted) == 0


async def test_a_worker_without_its_registry_does_not_start(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path, registry: Path
) -> None:
    settings = serving(group_settings(broker.bootstrap, topic_prefix, partitions=1), registry)
    await make_topics(settings)
    await make_audit_topic(settings)
    async with Fleet(settings, tmp_path) as fleet:
        worker = fleet.start("refused", ALPHAPULSE_MODELS__REGISTRY=str(tmp_path / "elsewhere"))
        assert await worker.exit_code(60) == Exit.CONFIG
        assert "models.registry" in said(worker)
