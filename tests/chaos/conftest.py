"""What the fault suite shares: a broker behind proxies, and three that can be cut apart; healed after each test."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.three import PROPERTIES, healed
from tests.support.netns import SplitCluster, unusable

LIMIT = 600  # seconds for one test on a busy machine


@pytest.hookimpl(tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder their limit; a mark of their own wins. Those of three brokers share one process:
    more than three of them at once are more than a small machine can take. Mark what `make test` leaves out."""
    for item in items:
        if item.path.parent != Path(__file__).parent:
            continue
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LIMIT))
        if item.get_closest_marker("quick") is None:
            item.add_marker(pytest.mark.catalogue)
        if "three" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("three"))


@pytest.fixture(scope="session")
def one_cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(one_cluster: Cluster) -> Iterator[Cluster]:
    """The session's broker and proxies without faults."""
    yield one_cluster
    one_cluster.heal()


@pytest.fixture(scope="session")
def one_three() -> Iterator[SplitCluster]:
    if reason := unusable():
        pytest.skip(reason)
    with SplitCluster(properties=PROPERTIES) as cluster:
        yield cluster


@pytest.fixture
async def three(one_three: SplitCluster) -> AsyncIterator[SplitCluster]:
    """The session's three brokers without faults."""
    await healed(one_three)
    yield one_three
    await healed(one_three)


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics, groups and transactional ids that no other test uses."""
    return f"c{uuid.uuid4().hex[:10]}"
