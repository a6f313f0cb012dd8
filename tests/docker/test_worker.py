"""Two worker containers share the work on a Kafka container and leave cleanly."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import GroupCoordinatorNotAvailableError

from tests.docker.containers import running, service, stop
from tests.docker.host import succeed, verified
from tests.docker.shell import docker
from worker.broker.container import DockerBroker

pytestmark = [pytest.mark.docker, pytest.mark.kafka, pytest.mark.timeout(600)]

SYMBOLS, BARS = 20, 50
JOIN_SECONDS = 60.0
DRAIN_SECONDS = 25
VERIFY_SECONDS = 60.0


@pytest.fixture
def settings(kafka: DockerBroker) -> dict[str, str]:
    """The environment of publisher, workers and verifier: topics and a group of their own."""
    name = uuid.uuid4().hex[:8]
    return {
        "ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap,
        "ALPHAPULSE_TOPICS__PREFIX": f"d{name}.",
        "ALPHAPULSE_PROCESSING__GROUP": f"d{name}",
    }


async def test_two_worker_containers_answer_every_tick_and_end_with_status_0(
    worker_image: str, settings: dict[str, str], note: Callable[[str], None]
) -> None:
    succeed(settings, "topics", "create")
    with service(worker_image, "worker", env=settings) as one, service(worker_image, "worker", env=settings) as two:
        await both_have_partitions(settings, [one, two])
        succeed(settings, "publish", "--simulate", str(SYMBOLS), "--bars", str(BARS))
        begun = time.monotonic()
        proved = verified(settings, wait=VERIFY_SECONDS)
        seconds = time.monotonic() - begun
        note(f"two worker containers: {proved} bars, verified {seconds:.1f} s after they were published")
        assert proved == SYMBOLS * BARS
        assert [stop(one, DRAIN_SECONDS), stop(two, DRAIN_SECONDS)] == [0, 0], docker("logs", "--tail=40", one)


async def both_have_partitions(env: dict[str, str], containers: list[str]) -> None:
    deadline = time.monotonic() + JOIN_SECONDS
    while await members_with_partitions(env) < len(containers):
        for container in containers:
            assert running(container), docker("logs", "--tail=40", container)
        assert time.monotonic() < deadline, "the workers did not share the partitions"
        await asyncio.sleep(0.2)


async def members_with_partitions(env: dict[str, str]) -> int:
    """How many members of the group own at least one partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=env["ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS"])
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([env["ALPHAPULSE_PROCESSING__GROUP"]])
    except GroupCoordinatorNotAvailableError:  # the broker makes the topic of the groups when the first one asks
        return 0
    finally:
        await admin.close()
    (group,) = answer.to_object()["groups"]
    return sum(owns(member) for member in group["members"]) if group["state"] == "Stable" else 0


def owns(member: dict[str, object]) -> bool:
    assignment = member["member_assignment"]
    assert isinstance(assignment, bytes)
    return any(partitions for _, partitions in ConsumerProtocolMemberAssignment.decode(assignment).assignment)
