"""Every error code at every level of each request to a coordinator, and every answer that is none.

An answer is believed only when it speaks of exactly what was asked. Codes are tried again at the same node (RETRY), at
a node looked up anew (FIND), or they end the request with the failure that the worker acts on.
"""

from __future__ import annotations

import pytest
from aiokafka.protocol import transaction as former
from aiokafka.protocol.struct import Struct

from tests.chaos.catalogue import fault
from tests.contract.coordinated import (
    CODES,
    FIND,
    KINDS,
    LOST,
    NO_ANSWERS,
    RETRY,
    ROWS,
    SOON,
    bad,
    cluster,
    is_as,
    settled,
    told,
)
from worker.kafka.transactions.requests import EndTxnResponse

pytestmark = fault("F51")


@pytest.mark.parametrize("name", KINDS)
async def test_each_code_is_handled_as_its_request_needs(name: str) -> None:
    kind = KINDS[name]
    async with cluster() as scene:
        for code in CODES:
            expected = kind.handled.get(code, LOST)
            error = await settled(scene, kind, told(kind, bad(kind, code)))
            asked = scene.count(kind.api)
            if expected is RETRY:
                assert (error, asked) == (None, (2, 0)), (name, code)
            elif expected is FIND:
                assert (error, asked) == (None, (1, 1)), (name, code)
                assert scene.look_ups >= 1, (name, code)
            else:
                assert is_as(error, expected), (name, code, error)
                assert asked == (1, 0), (name, code)


WITH_ROWS = [name for name, kind in KINDS.items() if kind.row]


@pytest.mark.parametrize("name", WITH_ROWS)
async def test_an_answer_about_something_else_is_none(name: str) -> None:
    kind = KINDS[name]
    assert kind.row is not None
    async with cluster() as scene:
        for what, rows in ROWS.items():
            answer = kind.told(rows(kind.row), 0)
            error = await settled(scene, kind, told(kind, answer))
            assert error is None, (name, what, error)
            assert sum(scene.count(kind.api)) == 2, (name, what)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("what", NO_ANSWERS)
async def test_what_is_no_answer_is_asked_for_elsewhere(name: str, what: str) -> None:
    kind = KINDS[name]
    async with cluster() as scene:
        assert await settled(scene, kind, NO_ANSWERS[what], SOON) is None
        assert scene.count(kind.api) == (1, 1)


@pytest.mark.parametrize("name", ["InitProducerId", "EndTxn"])
async def test_a_producer_without_an_id_is_none(name: str) -> None:
    kind = KINDS[name]
    async with cluster() as scene:
        nobody: Struct = (
            former.InitProducerIdResponse_v0(0, 0, -1, -1)
            if name == "InitProducerId"
            else EndTxnResponse(0, 0, -1, -1, {})
        )
        assert await settled(scene, kind, told(kind, nobody)) is None
        assert scene.count(kind.api) == (1, 1)
