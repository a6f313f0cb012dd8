"""Why the brokers give no answer is told to every reader, so no address of theirs and no library's text is in it."""

from __future__ import annotations

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
    RequestTimedOutError,
)

from worker.errors import BrokerUnavailable, NotPermitted
from worker.gateway.fleet.asked import LOST, reason_of

SECRET = "[('10.0.0.7', 9092, <AddressFamily.AF_INET: 2>)]"


@pytest.mark.parametrize(
    "error",
    [
        *(kind(f"Unable to bootstrap from {SECRET}") for kind in (KafkaConnectionError, KafkaError, NodeNotReadyError)),
        *(kind(SECRET) for kind in (KafkaTimeoutError, RequestTimedOutError, TimeoutError, OSError, AssertionError)),
        BrokerUnavailable(SECRET, SECRET),
        NotPermitted(SECRET, SECRET),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_reason_names_no_address(error: BaseException) -> None:
    assert isinstance(error, LOST)
    said = reason_of(error)
    assert said
    assert "10.0.0.7" not in said
    assert "Family" not in said
