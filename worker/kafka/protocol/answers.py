"""Classification of error codes: retry, ask another broker, or give up."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import errors

from worker.kafka.protocol.codes import Code, name
from worker.kafka.protocol.strict import Unclear

# A leader has moved, or is being elected.
FIND_LEADER = frozenset(
    {
        Code.UNKNOWN_TOPIC_OR_PARTITION,
        Code.LEADER_NOT_AVAILABLE,
        Code.NOT_LEADER_OR_FOLLOWER,
        Code.REPLICA_NOT_AVAILABLE,
        Code.KAFKA_STORAGE_ERROR,
        Code.FENCED_LEADER_EPOCH,
        Code.UNKNOWN_LEADER_EPOCH,
    }
)
# A coordinator has moved, or is being elected.
FIND_COORDINATOR = frozenset({Code.REQUEST_TIMED_OUT, Code.COORDINATOR_NOT_AVAILABLE, Code.NOT_COORDINATOR})
# The right broker was asked, but is not ready yet.
RETRY = frozenset(
    {
        Code.CORRUPT_MESSAGE,
        Code.COORDINATOR_LOAD_IN_PROGRESS,
        Code.NOT_ENOUGH_REPLICAS,
        Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        Code.CONCURRENT_TRANSACTIONS,
        Code.OFFSET_NOT_AVAILABLE,
        Code.UNSTABLE_OFFSET_COMMIT,
        Code.THROTTLING_QUOTA_EXCEEDED,
    }
)
AGAIN = FIND_LEADER | FIND_COORDINATOR | RETRY
UNREACHABLE = (
    errors.NodeNotReadyError,
    errors.RequestTimedOutError,
    errors.KafkaConnectionError,
    errors.CorrelationIdError,  # the answer belongs to another request; aiokafka closes the connection
    Unclear,
)


class NoLongerOurs(errors.KafkaError):
    """The group has continued without this member: its partitions belong to others now."""


class NameTaken(errors.KafkaError):
    """Another member has joined with the same `group.instance.id`."""


class RecordsRefused(errors.KafkaError):
    """The topic permanently refuses the records."""


LEFT_BEHIND = frozenset({Code.ILLEGAL_GENERATION, Code.UNKNOWN_MEMBER_ID, Code.REBALANCE_IN_PROGRESS})
FENCED = frozenset({Code.INVALID_PRODUCER_EPOCH, Code.PRODUCER_FENCED})


def failure(code: int, subject: str) -> errors.KafkaError:
    """Return the error for a non-retriable code; `subject` names what was refused."""
    if code in FENCED:
        return errors.ProducerFenced()
    if code in LEFT_BEHIND:
        return NoLongerOurs(f"{subject}: {name(code)}")
    if code == Code.FENCED_INSTANCE_ID:
        return NameTaken(f"{subject}: {name(code)}")
    if code in (Code.RECORD_LIST_TOO_LARGE, Code.MESSAGE_TOO_LARGE):
        return errors.MessageSizeTooLargeError(subject)
    if code == Code.INVALID_RECORD:
        return RecordsRefused(name(code))
    kind = errors.for_code(code)
    return errors.KafkaError(f"error code {name(code)}") if kind is errors.UnknownError else kind(subject)


def worst(codes: Iterable[int]) -> int:
    """Return the code that counts, 0 without an error; non-retriable codes take precedence."""
    found = [code for code in codes if code]
    told = [code for code in found if code != Code.OPERATION_NOT_ATTEMPTED] or found  # another entry failed
    return next((code for code in told if code not in AGAIN), told[0] if told else 0)
