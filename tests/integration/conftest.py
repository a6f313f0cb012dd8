"""What integration tests share: one broker, whatever the number of processes, and topic names of their own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from worker.broker import Broker

GIVEN = "ALPHAPULSE_TEST_BOOTSTRAP"


class Bootstrap(Protocol):
    """What a test may rely on whatever runs the broker."""

    @property
    def bootstrap(self) -> str: ...


@dataclass(frozen=True)
class GivenBroker:
    """A broker that somebody else runs: the user, or the process that hands out the tests."""

    bootstrap: str


LENT = pytest.StashKey[Broker]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Lend the broker of the process that hands out tests to those that run them."""
    if GIVEN not in os.environ:
        if LENT not in node.config.stash:
            node.config.stash[LENT] = Broker()
            node.config.add_cleanup(node.config.stash[LENT].close)
        node.workerinput["bootstrap"] = node.config.stash[LENT].start().bootstrap


@pytest.fixture(scope="session")
def broker(pytestconfig: pytest.Config) -> Iterator[Bootstrap]:
    """The session's broker: tests share it and must not stop it."""
    lent = getattr(pytestconfig, "workerinput", {}).get("bootstrap")
    if given := os.environ.get(GIVEN, lent):
        yield GivenBroker(given)
        return
    with Broker() as running:
        yield running


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics, groups and transactional ids that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}"
