"""The meaning of a Kafka error for a partition: fenced, outcome unknown, or not retriable."""

from __future__ import annotations

from types import TracebackType

from aiokafka import errors

from worker.errors import AlphapulseError, ConfigError, DataError, NotPermitted, TryAgain
from worker.kafka.alarms import timeout
from worker.kafka.protocol.answers import NameTaken, NoLongerOurs, RecordsRefused
from worker.kafka.protocol.codes import Code
from worker.kafka.seams.joining import GroupRefused
from worker.settings import ProcessingSettings


class Fenced(Exception):
    """Another producer has started with this partition's transactional id: the partition has a new owner."""


class LeftBehind(Fenced):
    """The group has continued without this member; no other producer need have its transactional id."""


class OutcomeUnknown(Exception):
    """The transaction may or may not be committed; only the committed offset tells."""


class StateLost(Exception):
    """A state is neither in memory nor in its spill file: the partition must be restored from what is committed."""


class SendFailed(Exception):
    """A record was not acknowledged; the topic is the argument, the broker's answer the cause."""


# aiokafka's state machine raises a bare AssertionError after a fatal error, and IllegalOperation after fencing.
FAILURES = (
    errors.KafkaError,
    errors.IllegalOperation,
    AssertionError,
    TimeoutError,
    SendFailed,
    Fenced,
    OutcomeUnknown,
)
FENCED = (errors.ProducerFenced, errors.InvalidProducerEpoch, NameTaken)
DENIED = (
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.TransactionalIdAuthorizationFailed,
    errors.ClusterAuthorizationFailedError,
)


class within_deadline:  # noqa: N801 - it is used like a function
    """Apply a deadline to the block of an `async with`, and translate its failures by `meaning`."""

    def __init__(self, seconds: float, topic: str) -> None:
        self._timeout, self._topic = timeout(seconds), topic

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            raise meaning(late, self._topic) from late
        if isinstance(error, FAILURES):
            raise meaning(error, self._topic) from error


def meaning(error: BaseException, input_topic: str) -> Exception:
    """Translate an error from publishing or committing: Fenced, OutcomeUnknown or the AlphapulseError to stop with."""
    if isinstance(error, Fenced | OutcomeUnknown):
        return error
    topic, cause = input_topic, error
    if isinstance(error, SendFailed):
        topic, cause = str(error.args[0]), error.__cause__ or error
    if isinstance(cause, FENCED):
        return Fenced(str(cause).replace(" ortransaction ", " or transaction "))  # the library's message lacks a blank
    if isinstance(cause, NoLongerOurs):
        return LeftBehind(str(cause))
    return _hopeless(cause, topic) or OutcomeUnknown(f"{type(cause).__name__}: {cause}")


def _hopeless(error: BaseException, topic: str) -> AlphapulseError | None:
    if isinstance(error, errors.MessageSizeTooLargeError):
        return DataError(
            f"the topic {topic} refuses an output record as too large; nothing was committed",
            f"Raise max.message.bytes of {topic}; the worker then continues with the same input record",
        )
    if _denied(error):
        return NotPermitted(
            f"the broker refuses access: {type(error).__name__} {error}".rstrip(),
            "Grant the rights listed in docs/operations (Access control)",
        )
    if isinstance(error, errors.InvalidTimestampError):
        return ConfigError(
            f"the topic {topic} refuses records with timestamps too far from the broker's clock; nothing was committed",
            f"Configure it as `alphapulse topics create` does, or raise message.timestamp.after.max.ms of {topic}",
        )
    if isinstance(error, RecordsRefused):
        return ConfigError(
            f"the topic {topic} refuses output records as invalid: error {error}; nothing was committed",
            f"Configure it as `alphapulse topics create` does, without schema validation by the broker: check "
            f"cleanup.policy and the message.* settings of {topic}",
        )
    if isinstance(error, errors.IncompatibleBrokerVersion | errors.UnsupportedVersionError):
        return ConfigError(f"a broker is too old: {error}", "Use Kafka 3.3 or newer")
    if isinstance(error, errors.InvalidTransactionTimeout):
        return ConfigError(
            "the broker refuses processing.transaction_timeout_ms as too long",
            "Set it to at most the broker's transaction.max.timeout.ms",
        )
    if isinstance(error, errors.UnknownTopicOrPartitionError):
        gone = str(error.args[0]) if error.args else topic
        return ConfigError(f"the topic {gone} no longer exists", "Run `alphapulse topics create`")
    return None


def _denied(error: BaseException) -> bool:
    # aiokafka reports an unexpected error of a look-up as the text of a bare KafkaError.
    bare = type(error) is errors.KafkaError
    return isinstance(error, DENIED) or (bare and any(kind.__name__ in str(error) for kind in DENIED))


def group_failure(error: BaseException, processing: ProcessingSettings, input_topic: str) -> AlphapulseError | None:
    """Return the failure to stop with, for an error from joining, polling or heartbeats; None means to rejoin."""
    if isinstance(error, GroupRefused):
        return _refused_by_group(error.code, processing)
    return _hopeless(error, input_topic)


def _refused_by_group(code: int, processing: ProcessingSettings) -> AlphapulseError:
    group, name = processing.group, processing.group_instance_id
    if code == Code.FENCED_INSTANCE_ID:
        return TryAgain(
            f"the group {group} has another member with the same instance id {name!r}",
            "Give each worker its own processing.group_instance_id; then restart this one",
        )
    if code == errors.GroupAuthorizationFailedError.errno:
        return NotPermitted(
            f"the broker refuses access: no right to the group {group}",
            "Grant the rights listed in docs/operations (Access control)",
        )
    if code == Code.GROUP_MAX_SIZE_REACHED:
        return ConfigError(f"the group {group} is full", "Stop a worker, or raise group.max.size on the brokers")
    if code == errors.InvalidSessionTimeoutError.errno:
        return ConfigError(
            f"the broker refuses processing.session_timeout_ms={processing.session_timeout_ms}",
            "Keep it between the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms",
        )
    if code == errors.InvalidGroupIdError.errno:
        return ConfigError(f"the broker refuses the name of the group {group!r}", "Set processing.group")
    return ConfigError(
        f"the group {group} has members with another protocol", "Stop them, or set processing.group to another name"
    )


def damaged(error: errors.CorruptRecordException) -> DataError:
    """Return the error for records that repeatedly arrived damaged."""
    return DataError(
        f"the broker has a damaged record: {error}",
        "Check the brokers' logs and disks; an intact replica may be made the leader",
    )


def taken_over(name: str, partition: int) -> TryAgain:
    """Return the error of a static member that was fenced."""
    return TryAgain(
        f"partition {partition} was taken over: another worker has the same group_instance_id {name!r}, "
        "or this one sent no heartbeat for longer than its session timeout",
        "Give each worker its own processing.group_instance_id; then restart this one",
    )
