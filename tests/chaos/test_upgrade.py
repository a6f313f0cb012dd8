"""F23: a fleet of two configurations at once, during a rolling upgrade."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from schemas import Decision
from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.chaos.scene import PARTITIONS, load, scene
from tests.support.fleet import Fleet
from tests.support.oracle import PATIENCE, behind, under_load, whole
from tests.support.outputs import Line, Outputs, expected, read_input
from worker.engine.settings import engine_settings

pytestmark = pytest.mark.kafka

NEW = {"normalization": {"method": "minmax"}}


def configuration(line: Line) -> str:
    """The configuration that a decision names."""
    return msgspec.json.decode(line.value or b"", type=Decision).config_hash


def check(found: Outputs, old: Outputs, new: Outputs) -> set[str]:
    """Every record is that of the configuration it names; rejections name none, and both must agree on them."""
    seen = set()
    assert found.keys() == old.keys() == new.keys()
    for at, lines in found.items():
        for line, before, after in zip(lines, old[at], new[at], strict=True):
            if at[0] == "decisions":
                seen.add(name := configuration(line))
                assert line == (before if name == configuration(before) else after), at
            else:
                assert line in (before, after), at
    return seen


@fault("F23")
async def test_each_decision_is_that_of_the_configuration_it_names(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix)
    changed = settings.model_copy(update={"engine": NEW})
    async with Fleet(settings, tmp_path) as fleet:
        old = await fleet.started("old")
        publishing = load(settings)
        await under_load(fleet, publishing)
        new = fleet.start("new", ALPHAPULSE_ENGINE=msgspec.json.encode(NEW).decode())
        await asyncio.gather(old.ready(PARTITIONS // 2), new.ready(PARTITIONS // 2))
        await under_load(fleet, publishing)
        old.kill()
        await new.ready(PARTITIONS, seconds=PATIENCE)
        await behind(fleet)
        found = await whole(fleet, await publishing.cut())
    inputs = read_input(settings)
    seen = check(found, expected(settings, inputs), expected(changed, inputs))
    assert seen == {engine_settings(given).config_hash() for given in (settings.engine, NEW)}
