"""The oracle can fail: each broken rule of the cycle is found by the fault that the rule is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.catalogue import quick
from tests.chaos.cluster import Cluster
from tests.chaos.cut_stories import coordinator_cut_off
from tests.chaos.lost_tail import state_without_its_tail
from tests.chaos.mutant import program
from tests.chaos.scene import scene, some_ticks
from tests.chaos.scripted import LOADING, MOST_REQUESTS, batches_refused, errors_without_topics, partition_left_out
from tests.chaos.stories import (
    commit_before_the_fence,
    crash_before_a_commit_with_snapshots,
    difference,
    late_commit,
    outcome_unknown,
)
from tests.support.fleet import Fleet
from tests.support.netns import SplitCluster
from tests.support.ticks import alter_topic, delete_group, publish

pytestmark = [pytest.mark.kafka, pytest.mark.mutation]


async def test_an_id_per_worker_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    found, _ = await late_commit(cluster, topic_prefix, tmp_path, program("id_per_worker"))
    assert found is not None


async def test_an_offset_read_before_the_fence_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    assert await commit_before_the_fence(cluster, topic_prefix, tmp_path, program("offset_before_fence")) is not None


@quick
async def test_sending_again_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    found, _ = await outcome_unknown(cluster, topic_prefix, tmp_path, program("sent_again"))
    assert found is not None


@quick
async def test_acknowledgements_not_awaited_are_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    await alter_topic(cluster.bootstrap, settings.topics.output, {"max.message.bytes": "900"})
    await publish(settings, some_ticks(400))
    async with Fleet(settings, tmp_path) as fleet:
        fleet.start("mutant", program("acknowledgements_not_awaited"))
        await fleet.caught_up()
    assert difference(settings) is not None


async def test_a_snapshot_before_its_commit_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    mutant = program("snapshot_before_commit_believed")
    found, _ = await crash_before_a_commit_with_snapshots(cluster, topic_prefix, tmp_path, mutant)
    assert found is not None


async def test_a_beginning_anew_beside_a_state_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    await publish(settings, some_ticks(400))
    async with Fleet(settings, tmp_path) as fleet:
        former = fleet.start("former")
        await fleet.caught_up()
        await fleet.stop()
        fleet.workers.remove(former)
        await delete_group(settings)
        fleet.start("mutant", program("begins_anew_beside_a_state"))
        await fleet.caught_up()
    assert difference(settings) is not None


async def test_an_offset_read_without_a_barrier_is_found(
    three: SplitCluster, topic_prefix: str, tmp_path: Path
) -> None:
    found, _ = await coordinator_cut_off(three, topic_prefix, tmp_path, ("no_barrier",))
    assert found is not None


async def test_a_belief_in_empty_answers_is_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    mutant = program("believes_an_empty_answer")
    assert await errors_without_topics(cluster, topic_prefix, tmp_path, LOADING, mutant) is not None


async def test_a_missing_partition_taken_for_success_is_found(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    mutant = program("a_missing_partition_is_success")
    assert await partition_left_out(cluster, topic_prefix, tmp_path, mutant) is not None


async def test_an_older_end_of_the_state_that_is_accepted_is_found(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    found, _ = await state_without_its_tail(cluster, topic_prefix, tmp_path, program("accepts_an_older_state_end"))
    assert found is not None


async def test_retries_without_a_pause_are_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    requests, _, _ = await batches_refused(cluster, topic_prefix, tmp_path, program("no_back_off"))
    assert requests > MOST_REQUESTS


async def test_late_bars_that_are_accepted_are_found(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    records = some_ticks(1_200)
    await publish(settings, [*records, *records[600:]])
    async with Fleet(settings, tmp_path) as fleet:
        fleet.start("mutant", program("accepts_a_late_bar"))
        await fleet.caught_up()
    assert difference(settings) is not None
