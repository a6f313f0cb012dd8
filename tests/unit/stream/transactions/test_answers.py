"""What error codes of transactions mean."""

from __future__ import annotations

import pytest
from aiokafka import errors

from worker.stream.transactions.answers import WAIT, failure, may_be_sent_again, worst


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([0, 0], 0), ([0, 51], 51), ([14, 16], 14), ([14, 47], 47), ([0, 29, 14], 29)],
)
def test_the_worst_of_several_codes(codes: list[int], expected: int) -> None:
    assert worst(codes) == expected


@pytest.mark.parametrize("code", [47, 90])
def test_both_codes_of_a_fenced_producer(code: int) -> None:
    assert isinstance(failure(code, "id"), errors.ProducerFenced)


def test_an_error_names_what_was_refused() -> None:
    error = failure(errors.GroupAuthorizationFailedError.errno, "traders")
    assert isinstance(error, errors.GroupAuthorizationFailedError)
    assert error.args == ("traders",)


def test_a_code_that_the_client_does_not_know() -> None:
    assert "120" in str(failure(120, "id"))  # TRANSACTION_ABORTABLE


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errors.NotLeaderForPartitionError.errno, True),
        (errors.NotEnoughReplicasError.errno, True),
        (errors.ConcurrentTransactions.errno, True),
        (errors.MessageSizeTooLargeError.errno, False),
        (errors.OutOfOrderSequenceNumber.errno, False),
        (errors.InvalidProducerEpoch.errno, False),
        (120, False),
    ],
)
def test_which_batches_are_sent_again(code: int, expected: bool) -> None:
    assert may_be_sent_again(code) is expected


def test_nobody_waits_for_what_lasts() -> None:
    assert not WAIT & {29, 30, 47, 48, 49, 53, 90, 120}
