"""Requests to the broker that coordinates a transactional id or a group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import BrokerResponseError

from worker.stream.seams.clients import ask, coordinator_of
from worker.stream.transactions.answers import MOVED, UNREACHABLE, WAIT, failure, worst


def _codes(answer: Any) -> Iterable[int]:
    found: Iterable[int] = answer.codes()
    return found


def error_code(answer: Any) -> Iterable[int]:
    """The code of an answer that has one."""
    return (int(answer.error_code),)


class Coordinator:
    """Finds its broker, and finds it again when it has moved or is away: only the caller's deadline ends that."""

    def __init__(self, client: AIOKafkaClient, kind: CoordinationType, key: str, backoff_s: float) -> None:
        self._client, self._kind, self._key, self._backoff = client, kind, key, backoff_s
        self._node: int | None = None

    async def ask(self, request: Any, codes: Callable[[Any], Iterable[int]] = _codes) -> Any:
        """The answer, once its `codes` tell no error.

        Raises:
            KafkaError: one that no retry can mend.
        """
        while True:
            try:
                answer = await ask(self._client, await self._found(), request, ConnectionGroup.COORDINATION)
                code = worst(codes(answer))
            except UNREACHABLE:
                self._node, answer, code = None, None, 0
                await self._client.force_metadata_update()
            except BrokerResponseError as error:  # of the look-up
                code = error.errno
            if code and code not in WAIT:
                raise failure(code, self._key)
            if not code and answer is not None:
                return answer
            if code in MOVED:
                self._node = None
            await asyncio.sleep(self._backoff)

    async def _found(self) -> int:
        if self._node is None:
            self._node = await coordinator_of(self._client, self._kind, self._key)
        return self._node
