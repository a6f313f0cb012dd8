"""What the container tests share: one engine, one worker image, one Kafka container; all gone at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.docker.base import base_image
from tests.docker.engine import engine
from tests.docker.images import DOCKERFILE, ROOT, build, size_mb
from tests.docker.kafka_image import kafka_image
from worker.broker.container import DockerBroker

WORKER_IMAGE = "alphapulse-worker:test"
ARCHIVE_IMAGE = "alphapulse-worker-archive:test"
NOTES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOTES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[NOTES]:
        terminalreporter.section("containers")
        for note in config.stash[NOTES]:
            terminalreporter.write_line(note)


@pytest.fixture(scope="session")
def note(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Puts a line into the summary at the end of the run."""
    return pytestconfig.stash[NOTES].append


@pytest.fixture(scope="session")
def container_engine(note: Callable[[str], None]) -> Iterator[None]:
    """An engine that answers. Its reaper image may be out of reach, so every fixture removes what it made."""
    with pytest.MonkeyPatch.context() as patch, engine() as which:
        patch.setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
        note(f"engine: {which}")
        yield


@pytest.fixture(scope="session")
def base(container_engine: None, note: Callable[[str], None]) -> str:
    """The image that the others are built on."""
    begun = time.monotonic()
    name = base_image()
    note(f"base image: {name}, {size_mb(name)} MB, ready after {time.monotonic() - begun:.0f} s")
    return name


@pytest.fixture(scope="session")
def worker_image(base: str, note: Callable[[str], None]) -> str:
    """The worker's image, built from this working tree."""
    return _built(WORKER_IMAGE, base, {}, note)


@pytest.fixture(scope="session")
def archive_image(base: str, worker_image: str, note: Callable[[str], None]) -> str:
    """The image that has the archive, too; the kernels are those of the worker's."""
    return _built(ARCHIVE_IMAGE, base, {"LOCK": "requirements-worker-archive.lock"}, note)


def _built(tag: str, base: str, arguments: dict[str, str], note: Callable[[str], None]) -> str:
    begun = time.monotonic()
    name = build(tag, DOCKERFILE, ROOT, {"BASE": base, **arguments})
    seconds, total = time.monotonic() - begun, size_mb(name)
    note(f"{tag}: {total} MB ({total - size_mb(base)} MB over its base), built in {seconds:.0f} s")
    return name


@pytest.fixture(scope="session")
def kafka(base: str, worker_image: str, note: Callable[[str], None]) -> Iterator[DockerBroker]:
    """Kafka in a container, published on this machine's loopback."""
    image = kafka_image(base, worker_image)
    with DockerBroker(image=image) as broker:
        note(f"Kafka image: {image}, {size_mb(image)} MB")
        yield broker
