"""What error codes of transactions mean."""

from __future__ import annotations

import pytest
from aiokafka import errors

from worker.kafka.protocol.answers import AGAIN, NameTaken, NoLongerOurs, failure, worst


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 51], 51),
        ([14, 16], 14),
        ([14, 47], 47),
        ([55, 29], 29),
        ([55, 51], 51),
        ([0, 29, 14], 29),
    ],
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


@pytest.mark.parametrize("code", [22, 25, 27])
def test_the_codes_of_a_member_that_the_group_has_left_behind(code: int) -> None:
    assert isinstance(failure(code, "group"), NoLongerOurs)


def test_the_code_of_a_name_that_another_member_has_taken() -> None:
    assert isinstance(failure(82, "group"), NameTaken)


def test_nobody_waits_for_what_lasts() -> None:
    assert not AGAIN & {1, 10, 18, 22, 25, 29, 30, 32, 45, 47, 48, 49, 53, 59, 82, 87, 90, 120}


def test_elections_and_loading_are_waited_for() -> None:
    assert {3, 5, 6, 7, 14, 15, 16, 19, 20, 51, 56, 74, 75, 78, 88} <= AGAIN
