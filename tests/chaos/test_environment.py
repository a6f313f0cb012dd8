"""F18, F22, F27: rights, clock, memory and disk of the place where a worker runs."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from tests.chaos.catalogue import fault, quick
from tests.chaos.cluster import Cluster
from tests.chaos.scene import PROCESSING, STATE, load, scene, some_ticks
from tests.support.fleet import Fleet
from tests.support.oracle import PATIENCE, behind, proven, under_load
from tests.support.ticks import alter_topic, group_settings, make_topics, publish
from worker.broker import Broker, Listener
from worker.broker.listeners import plain
from worker.errors import Exit
from worker.settings import Settings

pytestmark = pytest.mark.kafka

TOTAL = 3_000
USER, PASSWORD = "worker", "a password of the test"
LOGIN = {
    "ALPHAPULSE_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "ALPHAPULSE_KAFKA__SASL_PLAIN_USERNAME": USER,
    "ALPHAPULSE_KAFKA__SASL_PLAIN_PASSWORD": PASSWORD,
}
RULES = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",  # who comes through the plaintext listener: the test itself
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Broker]:
    """A broker that lets a user do only what was granted."""
    door = Listener("DOOR", "SASL_PLAINTEXT", properties=plain({USER: PASSWORD}))
    with Broker(listeners=[door], properties=RULES) as broker:
        yield broker


def rights(settings: Settings) -> list[AclBinding]:
    """What docs/operations.md says a worker needs."""
    names, prefix = settings.topics, f"{settings.processing.group}-"
    kinds = ResourceType
    # READ and WRITE hold DESCRIBE.
    needed = [
        (kinds.TOPIC, names.input, ResourcePatternType.LITERAL, AclOperation.READ),
        (kinds.TOPIC, names.output, ResourcePatternType.LITERAL, AclOperation.WRITE),
        (kinds.TOPIC, names.rejections, ResourcePatternType.LITERAL, AclOperation.WRITE),
        (kinds.TOPIC, settings.state_topic, ResourcePatternType.LITERAL, AclOperation.WRITE),
        (kinds.TOPIC, settings.state_topic, ResourcePatternType.LITERAL, AclOperation.READ),
        (kinds.GROUP, settings.processing.group, ResourcePatternType.LITERAL, AclOperation.READ),
        (kinds.TRANSACTIONAL_ID, prefix, ResourcePatternType.PREFIXED, AclOperation.WRITE),
        (kinds.TOPIC, names.limits, ResourcePatternType.LITERAL, AclOperation.READ),
    ]
    return [
        AclBinding(kind, name, pattern, f"User:{USER}", "*", operation, AclPermissionType.ALLOW)
        for kind, name, pattern, operation in needed
    ]


def grant(broker: Broker, bindings: list[AclBinding]) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for done in admin.create_acls(bindings).values():
        done.result(20)


def revoke(broker: Broker, binding: AclBinding) -> None:
    wanted = AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for done in admin.delete_acls([wanted]).values():
        assert done.result(20)


@fault("F18")
@pytest.mark.parametrize("lost", [0, 1, 3, 5, 6], ids=["read", "write", "state", "group", "transactional-id"])
async def test_a_right_revoked_while_running(strict: Broker, topic_prefix: str, tmp_path: Path, lost: int) -> None:
    settings = group_settings(strict.bootstrap, topic_prefix, state=STATE, **PROCESSING)
    await make_topics(settings)
    needed = rights(settings)
    await asyncio.to_thread(grant, strict, needed)
    login = LOGIN | {"ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS": strict.bootstrap_of("DOOR")}
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker", **login)
        publishing = load(settings)
        await under_load(fleet, publishing)
        await asyncio.to_thread(revoke, strict, needed[lost])
        assert await worker.exit_code(PATIENCE) == Exit.NO_PERMISSION, worker.text
        told = [line for line in worker.text.splitlines() if not line.startswith("{")]
        assert told[0].startswith("error: the broker refuses access"), worker.text
        assert "Access control" in told[1], worker.text
        await behind(fleet)
        await asyncio.to_thread(grant, strict, needed)
        fleet.workers.remove(worker)
        fleet.start("heir", **login)
        await proven(fleet, await publishing.cut())


@fault("F18")
@pytest.mark.parametrize("lacking", [0, 1, 3, 4, 7], ids=["read", "write", "state-write", "state-read", "control-read"])
async def test_a_right_that_was_never_granted(strict: Broker, topic_prefix: str, tmp_path: Path, lacking: int) -> None:
    """The others are there, so that it is the one right that a start fails for."""
    settings = group_settings(strict.bootstrap, topic_prefix, state=STATE, **PROCESSING)
    await make_topics(settings)
    await publish(settings, some_ticks(400))
    needed = rights(settings)
    await asyncio.to_thread(grant, strict, [right for right in needed if right is not needed[lacking]])
    login = LOGIN | {"ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS": strict.bootstrap_of("DOOR")}
    async with Fleet(settings, tmp_path) as fleet:
        worker = fleet.start("worker", **login)
        assert await worker.exit_code(PATIENCE) == Exit.NO_PERMISSION, worker.text
        assert needed[lacking].name in worker.text, worker.text
        fleet.workers.remove(worker)
        await asyncio.to_thread(grant, strict, [needed[lacking]])
        await fleet.started("permitted", **login)
        await fleet.caught_up()
        await fleet.stop()


@fault("F18")
@quick
async def test_a_missing_topic_is_named(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    async with Fleet(group_settings(cluster.bootstrap, topic_prefix), tmp_path) as fleet:
        worker = fleet.start("worker")
        assert await worker.exit_code(PATIENCE) == Exit.CONFIG, worker.text
        assert f"{topic_prefix}.ticks.raw" in worker.text
        assert "topics create" in worker.text


@fault("F22")
async def test_clocks_two_hours_off_in_both_directions(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        early = fleet.start("early", ("tests.chaos.skewed", "-7200"))
        late = fleet.start("late", ("tests.chaos.skewed", "7200"))
        await asyncio.gather(early.ready(2), late.ready(2))
        publishing = load(settings)
        await under_load(fleet, publishing)
        early.kill()
        await behind(fleet)
        await late.ready(4, seconds=PATIENCE)
        await proven(fleet, await publishing.cut())


@fault("F22")
@quick
async def test_a_topic_that_refuses_the_records_times_is_named(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix)
    await alter_topic(cluster.bootstrap, settings.topics.output, {"message.timestamp.before.max.ms": "3600000"})
    await publish(settings, some_ticks(400))
    async with Fleet(settings, tmp_path) as fleet:
        worker = fleet.start("worker")
        assert await worker.exit_code(PATIENCE) == Exit.CONFIG, worker.text
        assert f"{settings.topics.output} refuses records with timestamps too far" in worker.text


@fault("F27")
async def test_a_worker_without_memory_ends_and_the_next_goes_on(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = await scene(cluster, topic_prefix)
    async with Fleet(settings, tmp_path) as fleet:
        worker = await fleet.started("worker")
        publishing = load(settings)
        await under_load(fleet, publishing)
        size, _ = worker.memory
        resource.prlimit(worker.process.pid, resource.RLIMIT_AS, (size, size))
        code = await worker.exit_code(PATIENCE)
        # A library that is no Python aborts where it gets no memory.
        assert code in (Exit.UNEXPECTED, Exit.TEMPORARY, -signal.SIGABRT), worker.text
        assert "Traceback" in worker.text or "memory allocation of" in worker.text, worker.text
        await behind(fleet)
        fleet.workers.remove(worker)
        fleet.start("heir")
        await proven(fleet, await publishing.cut())


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nobody, not even root, can write."""
    if os.geteuid() != 0:
        folder = tmp_path / "locked"
        folder.mkdir(mode=0o500)
        yield folder
        return
    folder = tmp_path / "mounted"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@fault("F27")
@pytest.mark.timeout(1_200)
async def test_without_a_place_for_compiled_code_it_works_all_the_same(
    cluster: Cluster, topic_prefix: str, tmp_path: Path, read_only: Path
) -> None:
    settings = await scene(cluster, topic_prefix)
    await publish(settings, some_ticks(600))
    async with Fleet(settings, tmp_path) as fleet:
        worker = fleet.start(
            "worker", ALPHAPULSE_CACHE_DIR=str(read_only / "cache"), ALPHAPULSE_STATE_DIR=str(read_only)
        )
        await worker.ready(4, seconds=900)  # it compiles in memory
        await proven(fleet, 600)
