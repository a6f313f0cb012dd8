"""The compose file: valid, closed to the network, and a fleet that really runs and scales."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.docker import compose
from tests.docker.containers import stop
from tests.docker.host import verified
from tests.docker.kafka_image import kafka_image
from tests.docker.prometheus import query, unpacked
from tests.docker.shell import docker, run
from tests.support.tokens import entry
from worker.broker.container import DEFAULT_IMAGE
from worker.broker.ports import free_port

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

WORKERS = 2
BARS = 20 * 50  # what the publisher of the demo profile sends
READY_SECONDS = 90.0
VERIFY_SECONDS = 60.0
DRAIN_SECONDS = 25
ALL = ("--profile", "gateway", "--profile", "alerts", "--profile", "archive")
TOKEN = "a-token-of-the-compose-file"


@pytest.fixture
def plain() -> compose.Project:
    """The compose file as a user has it."""
    return compose.Project("alphapulse-config", (compose.FILE,), {})


@pytest.fixture
def project(base: str, worker_image: str, archive_image: str, tmp_path: Path) -> Iterator[compose.Project]:
    """The compose file on images that are on this machine, with ports of its own; gone at the end."""
    variables = {
        "ALPHAPULSE_IMAGE": worker_image,
        "ALPHAPULSE_ARCHIVE_IMAGE": archive_image,
        "KAFKA_IMAGE": kafka_image(base, worker_image),
        "KAFKA_PORT": str(free_port()),
        "PROMETHEUS_PORT": str(free_port()),
        "GATEWAY_PORT": str(free_port()),
        "GATEWAY_TOKENS": str(tmp_path / "tokens.toml"),
    }
    (tmp_path / "tokens.toml").write_text(entry("reader", "read", TOKEN))
    with running(variables, base) as up:
        yield up


@contextmanager
def running(variables: dict[str, str], base: str) -> Iterator[compose.Project]:
    name = f"alphapulse-{uuid.uuid4().hex[:8]}"
    files: tuple[Path, ...] = (compose.FILE,)
    if variables["KAFKA_IMAGE"] != DEFAULT_IMAGE:
        config = compose.Project(name, files, variables)("config")
        variables |= {
            "LOCAL_BROKER_PROPERTIES": compose.broker_properties(config),
            "LOCAL_PROMETHEUS": str(unpacked() / "prometheus"),
            "PROMETHEUS_IMAGE": base,
        }
        files = (*files, compose.LOCAL)
    made = compose.Project(name, files, variables)
    try:
        yield made
    finally:
        made(*ALL, "--profile", "demo", "down", "--volumes", "--remove-orphans", "--timeout", "5", timeout=120)


def test_compose_file_is_valid_with_all_profiles(plain: compose.Project, note: Callable[[str], None]) -> None:
    plain(*ALL, "--profile", "demo", "--profile", "risk", "config", "--quiet")
    note(f"compose: {' '.join(compose.program())}")


def test_compose_publishes_on_loopback_only(plain: compose.Project) -> None:
    source = compose.FILE.read_text()
    published = re.findall(r"^    ports:\n((?:      - .*\n)+)", source, re.MULTILINE)
    ports = [line.strip(" -") for block in published for line in block.splitlines()]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "network_mode" not in source


def test_prometheus_configuration_is_valid() -> None:
    run(unpacked() / "promtool", "check", "config", compose.FILE.with_name("prometheus.yaml"))


@pytest.mark.kafka
def test_scaled_fleet_answers_the_demo_and_prometheus_sees_every_worker(
    project: compose.Project, note: Callable[[str], None]
) -> None:
    begun = time.monotonic()
    services = ("kafka", "topics", "worker", "prometheus", "gateway", "alerts", "archive")
    project(*ALL, "up", "--detach", "--no-build", "--scale", f"worker={WORKERS}", *services, timeout=180)
    workers = project.containers("worker")
    assert len(workers) == WORKERS
    await_true(lambda: [health(worker) for worker in workers] == ["healthy"] * WORKERS, project)
    note(f"compose: kafka, topics, {WORKERS} workers ready after {time.monotonic() - begun:.0f} s")
    project("--profile", "demo", "run", "--rm", "--no-deps", "-T", "publisher", timeout=90)
    assert verified(on_host(project), wait=VERIFY_SECONDS) == BARS
    port = int(project.variables["PROMETHEUS_PORT"])
    await_true(lambda: query(port, 'count(up{job="alphapulse-worker"} == 1)') == WORKERS, project)
    await_true(lambda: query(port, "sum(alphapulse_records_consumed_total)") == BARS, project)
    roles = [container for name in ("gateway", "alerts", "archive") for container in project.containers(name)]
    await_true(lambda: [health(role) for role in roles] == ["healthy"] * 3, project)
    await_true(lambda: query(port, 'count(up{job="alphapulse-archive"} == 1)') == 1, project)
    await_true(lambda: seen(project) == WORKERS, project)
    archived(project("--profile", "archive", "exec", "-T", "archive", "alphapulse", "archive", "verify", "--json"))
    assert [stop(role, DRAIN_SECONDS) for role in roles] == [0, 0, 0]
    # The volume outlives the container.
    told = project("--profile", "archive", "run", "--rm", "--no-deps", "-T", "archive", "archive", "verify", "--json")
    assert archived(told) == (BARS, 0)
    assert [stop(worker, DRAIN_SECONDS) for worker in workers] == [0] * WORKERS


def archived(told: str) -> tuple[int, int]:
    """Rows and pending offsets of an archive that is as it should be."""
    report = json.loads(told)
    assert report["ok"], report
    return sum(part["rows"] for table in report["tables"] for part in table["partitions"]), report["pending"]


def seen(project: compose.Project) -> int:
    """How many workers the gateway knows by their probes; its page and scripts are there, too."""
    url = f"http://127.0.0.1:{project.variables['GATEWAY_PORT']}"
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        page = client.get("/").raise_for_status().text
        for script in re.findall(r'(?:src|href)="([^"]+\.(?:js|mjs|css))"', page):
            client.get(script).raise_for_status()
        found = client.get("/api/v1/fleet/workers").raise_for_status().json()
    return sum(worker["probe"] is not None for worker in found["items"])


def on_host(project: compose.Project) -> dict[str, str]:
    """The environment of a client outside the compose network."""
    return {
        "ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{project.variables['KAFKA_PORT']}",
        "ALPHAPULSE_PROCESSING__GROUP": "alphapulse",
    }


def health(container: str) -> str:
    return docker("inspect", "--format={{.State.Health.Status}}", container)


def await_true(condition: Callable[[], bool], project: compose.Project) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        assert time.monotonic() < deadline, project("logs", "--tail=20")
        time.sleep(0.5)
