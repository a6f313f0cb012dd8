"""What integration tests share: one broker for the session and topic names of their own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from worker.broker import Broker


class Bootstrap(Protocol):
    """What a test may rely on whatever runs the broker."""

    @property
    def bootstrap(self) -> str: ...


@dataclass(frozen=True)
class GivenBroker:
    """A broker that somebody else runs (`ALPHAPULSE_TEST_BOOTSTRAP`)."""

    bootstrap: str


@pytest.fixture(scope="session")
def broker() -> Iterator[Bootstrap]:
    """The session's broker: tests share it and must not stop it."""
    if given := os.environ.get("ALPHAPULSE_TEST_BOOTSTRAP"):
        yield GivenBroker(given)
        return
    with Broker() as running:
        yield running


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics, groups and transactional ids that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}"
