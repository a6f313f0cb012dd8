"""Our producer of transactions uses inner parts of aiokafka's client: only with the pinned version."""

from __future__ import annotations

import inspect

import pytest
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.producer.message_accumulator import BatchBuilder


@pytest.mark.parametrize(
    ("method", "names"),
    [
        (AIOKafkaClient.send, ["self", "node_id", "request", "group"]),
        (AIOKafkaClient.coordinator_lookup, ["self", "coordinator_type", "coordinator_key"]),
        (AIOKafkaClient._wait_on_metadata, ["self", "topic"]),
        (AIOKafkaClient.force_metadata_update, ["self"]),
        (BatchBuilder._set_producer_state, ["self", "producer_id", "producer_epoch", "base_sequence"]),
        (BatchBuilder._build, ["self"]),
    ],
)
def test_what_it_calls_is_there(method: object, names: list[str]) -> None:
    assert list(inspect.signature(method).parameters) == names  # type: ignore[arg-type]


def test_what_it_names_is_there() -> None:
    assert (ConnectionGroup.DEFAULT, ConnectionGroup.COORDINATION) == (0, 1)
    assert (CoordinationType.GROUP, CoordinationType.TRANSACTION) == (0, 1)
