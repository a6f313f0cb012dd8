"""What `worker.kafka.seams` needs of aiokafka beyond its public interface is there, in the pinned version."""

from __future__ import annotations

import inspect
from importlib.metadata import requires, version
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.group_coordinator import NoGroupCoordinator
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.protocol.metadata import MetadataRequest

from worker.kafka.protocol.answers import NoLongerOurs
from worker.kafka.protocol.offsets import Membership
from worker.kafka.seams.assignor import sticky_assignor
from worker.kafka.seams.clients import membership


def parameters(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters)


def test_version_is_the_pinned_one() -> None:
    assert version("aiokafka").split(".")[:2] == ["0", "14"]
    [pin] = [line for line in requires("alphapulse-worker") or [] if line.startswith("aiokafka")]
    assert "<0.15" in pin
    assert ">=0.14" in pin


def test_a_consumer_tells_whom_its_group_knows_it_as() -> None:
    class Coordinator:
        generation, member_id = 3, "me"

    class Consumer:
        _coordinator = Coordinator()

    consumer: Any = Consumer()
    assert membership(consumer, "one") == Membership(3, "me", "one")
    for attribute, value in (("generation", -1), ("member_id", "")):
        Coordinator.generation, Coordinator.member_id = 3, "me"
        setattr(Coordinator, attribute, value)
        with pytest.raises(NoLongerOurs):
            membership(consumer, None)


def test_a_consumer_that_has_not_started_is_no_member() -> None:
    assert "self._coordinator = None" in inspect.getsource(AIOKafkaConsumer.__init__)

    class Consumer:
        _coordinator = None

    consumer: Any = Consumer()
    with pytest.raises(NoLongerOurs):
        membership(consumer, None)


def test_a_connection_can_be_opened_alone() -> None:
    wanted = {"host", "port", "client_id", "request_timeout_ms", "ssl_context", "security_protocol", "sasl_mechanism"}
    assert wanted | {"sasl_plain_username", "sasl_plain_password"} <= parameters(create_conn)
    assert {"request"} <= parameters(AIOKafkaConnection.send)
    assert {"topics"} <= parameters(MetadataRequest)
    assert callable(AIOKafkaConnection.close)


def test_stop_waits_for_coordinator_then_fetcher_then_client() -> None:
    source = inspect.getsource(AIOKafkaConsumer.stop)
    order = [source.index(f"self.{part}.close()") for part in ("_coordinator", "_fetcher", "_client")]
    assert order == sorted(order)
    assert "CancelledError" in inspect.getsource(Fetcher)  # the swallowed cancellation that stop_consumer outlives
    assert inspect.iscoroutinefunction(NoGroupCoordinator.close)


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (AIOKafkaConsumer.__init__, {"group_instance_id", "rebalance_timeout_ms", "fetch_max_wait_ms"}),
        (AIOKafkaConsumer.getmany, {"partitions", "timeout_ms"}),
        (AIOKafkaProducer.__init__, {"transactional_id", "transaction_timeout_ms", "retry_backoff_ms"}),
        (AIOKafkaProducer.send_batch, {"batch", "topic", "partition"}),
        (AIOKafkaProducer.send_offsets_to_transaction, {"offsets", "group_id"}),
        (AIOKafkaAdminClient.list_consumer_group_offsets, {"group_id", "partitions"}),
    ],
)
def test_parameters_in_use_exist(function: Any, names: set[str]) -> None:
    assert names <= parameters(function)


def test_consumed_records_have_the_fields_in_use() -> None:
    assert {"topic", "partition", "offset", "timestamp", "key", "value", "headers"} <= set(
        ConsumerRecord.__dataclass_fields__
    )


def test_assignors_share_no_memory() -> None:
    one, other = sticky_assignor(), sticky_assignor()
    assert one is not other
    assert issubclass(one, StickyPartitionAssignor)
    assert {"member_assignment", "generation"} <= set(vars(one))
    assert {"member_assignment", "generation"} <= set(vars(StickyPartitionAssignor))
    assert one.name == StickyPartitionAssignor.name
