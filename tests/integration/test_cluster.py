"""Three real nodes: one dies or is cut off, the others go on, and it comes back."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_broker import alphapulse
from tests.support.kafka import produce, read_partition
from tests.support.netns import SplitCluster, unusable
from tests.support.nodes import answered, create_on, name_at, replicas
from worker.broker import Broker, Cluster
from worker.broker.readiness import known_brokers
from worker.errors import Exit

pytestmark = pytest.mark.kafka

ALL = frozenset({1, 2, 3})


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "400"}
    line = [sys.executable, "-m", "worker", *arguments]
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=90, check=False)


def listed(node: Broker) -> frozenset[int]:
    host, _, port = node.bootstrap.rpartition(":")
    return known_brokers(host, int(port), 0.5)


async def in_sync(seen_by: Broker, topic: str, wanted: frozenset[int]) -> None:
    """Wait until this node sees these replicas in sync, in every partition."""

    async def met() -> bool:
        return all(found.in_sync == wanted for found in (await replicas(seen_by, topic)).values())

    await answered(met, f"{sorted(wanted)} are in sync")


async def test_one_of_three_is_killed_and_nothing_acknowledged_is_lost(topic_prefix: str, tmp_path: Path) -> None:
    started = alphapulse("start", "--brokers", "3", "--port", "0", "--json", state=tmp_path)
    assert started.returncode == Exit.OK, started.stderr
    cluster = Cluster(home=tmp_path / "broker", detached=True)
    try:
        assert cluster.attach()
        assert json.loads(started.stdout)["bootstrap"] == cluster.bootstrap
        await create_on(cluster, topic_prefix, [[1, 2, 3], [2, 3, 1]])
        await produce(cluster.bootstrap, topic_prefix, [(0, b"k", b"one", 1), (1, b"k", b"one", 1)])
        others = cluster[2].pid, cluster[3].pid

        await asyncio.to_thread(cluster[1].kill)
        await in_sync(cluster[2], topic_prefix, ALL - {1})
        await produce(cluster.bootstrap, topic_prefix, [(0, b"k", b"two", 2), (1, b"k", b"two", 2)])
        status = alphapulse("status", state=tmp_path)
        assert f"Kafka serves at {cluster.bootstrap} (2 of 3 brokers answer" in status.stdout

        # The next start brings back what is missing, on its port, beside the others.
        again = json.loads(alphapulse("start", "--json", state=tmp_path).stdout)
        assert again["started"]
        assert again["bootstrap"] == cluster.bootstrap
        assert tuple(again["pids"][1:]) == others
        cluster[1].attach()
        await in_sync(cluster[1], topic_prefix, ALL)
        for partition in (0, 1):
            values = [r.value for r in await read_partition(cluster.bootstrap, topic_prefix, partition)]
            assert values == [b"one", b"two"]

        names = ("-b", cluster.bootstrap, "--prefix", f"{topic_prefix}.")
        made = json.loads(command("topics", "create", *names, "--json").stdout)
        assert {(topic["partitions"], topic["replicas"]) for topic in made["details"].values()} == {(4, 3), (1, 3)}
        assert len(made["created"]) == 11  # three of the risk and three of alerts have one partition each
        other = command("topics", "create", "-p", "8", *names)
        assert other.returncode == Exit.CONFIG
        assert f"{topic_prefix}.ticks.raw has 4" in other.stderr
        assert "exists, 4 partitions, 3 replicas" in command("topics", "create", *names).stdout

        refused = alphapulse("start", "--brokers", "1", state=tmp_path)
        assert refused.returncode == Exit.CONFIG
        assert f"A cluster of 3 brokers runs already at {cluster.bootstrap}" in refused.stderr
    finally:
        cluster.attach()
        cluster.kill()
    # A home keeps its ports and its cluster: the same fleet finds it again.
    same = Cluster(home=tmp_path / "broker")
    assert (same.bootstrap, same.cluster_id) == (cluster.bootstrap, cluster.cluster_id)
    refused = alphapulse("start", "--brokers", "1", state=tmp_path)
    assert refused.returncode == Exit.CONFIG
    assert "holds the data of 3 brokers, not of 1 broker" in refused.stderr


needs_namespaces = pytest.mark.skipif(unusable() is not None, reason=str(unusable()))


@needs_namespaces
async def test_a_cut_broker_still_answers_clients_and_returns_when_healed(topic_prefix: str) -> None:
    with SplitCluster() as cluster:
        await create_on(cluster, topic_prefix, [[1, 2, 3]])
        assert await name_at(cluster, 1, topic_prefix)

        cluster.cut(1)
        await in_sync(cluster[2], topic_prefix, ALL - {1})
        # The cut-off node tells clients the old story, without an error.
        assert (await replicas(cluster[1], topic_prefix))[0] == (1, ALL, ALL)
        await produce(f"{cluster[2].bootstrap},{cluster[3].bootstrap}", topic_prefix, [(0, b"k", b"v", 1)])
        cluster.heal(1)
        await in_sync(cluster[2], topic_prefix, ALL)  # not the cut one's view: it has not changed yet
        await in_sync(cluster[1], topic_prefix, ALL)

        cluster.cut_clients(3)
        assert not listed(cluster[3])
        assert listed(cluster[1]) == listed(cluster[2]) == ALL
        cluster.heal()
        assert await asyncio.to_thread(cluster.wait_until_complete, 30.0)

        cluster.cut_between(2, 3)
        assert not cluster.network.reaches(2, 3)
        assert cluster.network.reaches(2, 1)
        cluster.heal()
        assert cluster.network.reaches(2, 3)
    assert not cluster.network.linked


@needs_namespaces
def test_a_test_that_is_killed_leaves_no_network_behind() -> None:
    program = (
        "import pathlib, sys, tempfile, time; from tests.support.netns import Network\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        "network = Network(2, folder); print(network.link, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        link = Path("/sys/class/net") / running.stdout.readline().strip()
        assert link.exists()
        running.kill()
    for _ in range(500):
        if not link.exists():
            return
        subprocess.run(["sleep", "0.01"], check=True)
    raise AssertionError(f"{link} is still there")
