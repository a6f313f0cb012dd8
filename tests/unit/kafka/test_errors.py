"""What a Kafka error means for a partition."""

from __future__ import annotations

import pytest
from aiokafka import errors

from worker.errors import AlphapulseError, ConfigError, DataError, NotPermitted
from worker.kafka.errors import Fenced, LeftBehind, OutcomeUnknown, SendFailed, meaning
from worker.kafka.protocol.answers import NameTaken, NoLongerOurs, RecordsRefused
from worker.kafka.protocol.strict import Unclear
from worker.kafka.transactions import EpochRefused


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (errors.ProducerFenced(), Fenced),
        (errors.TopicAuthorizationFailedError("t"), NotPermitted),
        (errors.KafkaError(repr(errors.TopicAuthorizationFailedError())), NotPermitted),  # from a look-up
        (errors.KafkaError("Unexpected error during batch delivery"), OutcomeUnknown),
        (errors.InvalidTransactionTimeout(), ConfigError),
        (errors.InvalidTimestampError(), ConfigError),
        (errors.MessageSizeTooLargeError(), DataError),
        (RecordsRefused("87 INVALID_RECORD"), ConfigError),
        (errors.UnsupportedVersionError(), ConfigError),
        (EpochRefused(), Fenced),
        (NoLongerOurs(), LeftBehind),
        (NameTaken(), Fenced),
        (Unclear(), OutcomeUnknown),
        (errors.UnknownError(), OutcomeUnknown),
        (errors.UnknownTopicOrPartitionError(), ConfigError),
        (errors.KafkaTimeoutError("brokers do not tell the partitions of decisions"), OutcomeUnknown),
        (TimeoutError(), OutcomeUnknown),
        (AssertionError(), OutcomeUnknown),
    ],
    ids=lambda it: it.__name__ if isinstance(it, type) else type(it).__name__,
)
def test_meaning(error: BaseException, wanted: type[Exception]) -> None:
    assert type(meaning(error, "ticks.raw")) is wanted


def test_the_topic_of_a_failed_send_is_named() -> None:
    failed = SendFailed("decisions")
    failed.__cause__ = errors.InvalidTimestampError()
    found = meaning(failed, "ticks.raw")
    assert isinstance(found, AlphapulseError)
    assert "decisions" in found.message


def test_an_unknown_topic_is_named() -> None:
    found = meaning(errors.UnknownTopicOrPartitionError("decisions"), "ticks.raw")
    assert isinstance(found, AlphapulseError)
    assert found.message == "the topic decisions no longer exists"
