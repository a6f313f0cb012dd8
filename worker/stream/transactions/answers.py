"""What an error code means: try again, ask another broker, or give up."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import errors

PRODUCER_FENCED = 90  # of transactions' coordinators; unknown to aiokafka
CONCURRENT = errors.ConcurrentTransactions.errno
MOVED = frozenset(
    kind.errno
    for kind in (errors.CoordinatorNotAvailableError, errors.NotCoordinatorError, errors.RequestTimedOutError)
)
WAIT = MOVED | {errors.CoordinatorLoadInProgressError.errno, errors.UnknownTopicOrPartitionError.errno, CONCURRENT}
UNREACHABLE = (errors.NodeNotReadyError, errors.RequestTimedOutError, errors.KafkaConnectionError)


def failure(code: int, name: str) -> errors.KafkaError:
    """The error of a code that no retry can mend; `name` of what was refused."""
    if code in (PRODUCER_FENCED, errors.InvalidProducerEpoch.errno):
        return errors.ProducerFenced()
    kind = errors.for_code(code)
    return errors.KafkaError(f"error code {code}") if kind is errors.UnknownError else kind(name)


def worst(codes: Iterable[int]) -> int:
    """0 without an error; one that no retry can mend before all others."""
    found = [code for code in codes if code]
    return next((code for code in found if code not in WAIT), found[0] if found else 0)


def may_be_sent_again(code: int) -> bool:
    """Whether a produce request that was answered so is to be repeated."""
    return code == CONCURRENT or errors.for_code(code).retriable
