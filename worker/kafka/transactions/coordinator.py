"""Requests to the broker that coordinates a transactional id or a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import BrokerResponseError

from worker.kafka.backoff import Attempts
from worker.kafka.protocol.answers import AGAIN, FIND_COORDINATOR, UNREACHABLE, failure, worst
from worker.kafka.protocol.codes import Code, name
from worker.kafka.seams.clients import ask, coordinator_of, refresh

MARKERS = 0.001  # seconds, the first pause: a broker writes the last transaction's markers within milliseconds
NO_HINTS: Mapping[int, str] = {}


class Answered(NamedTuple):
    """An answer without an error, and the broker that gave it."""

    answer: Any
    node: int


def _codes(answer: Any) -> Iterable[int]:
    found: Iterable[int] = answer.codes()
    return found


def error_code(answer: Any) -> Iterable[int]:
    """Return the code of an answer with a single code."""
    return (int(answer.error_code),)


class Coordinator:
    """A coordinator, looked up again when it has moved or does not answer; only the caller's deadline ends retries."""

    def __init__(self, client: AIOKafkaClient, kind: CoordinationType, key: str, backoff_s: float) -> None:
        """Start without a known broker; `backoff_s` is the first pause between two attempts."""
        self._client, self._kind, self._key = client, kind, key
        self._first_pause = backoff_s
        self._node: int | None = None

    async def ask(
        self,
        request: Any,
        codes: Callable[[Any], Iterable[int]] = _codes,
        check: Callable[[Any], object] = lambda answer: None,
        hints: Mapping[int, str] = NO_HINTS,
    ) -> Any:
        """Return the answer, like `asked`.

        Raises:
            KafkaError: a non-retriable error.
        """
        return (await self.asked(request, codes, check, hints=hints)).answer

    async def asked(
        self,
        request: Any,
        codes: Callable[[Any], Iterable[int]] = _codes,
        check: Callable[[Any], object] = lambda answer: None,
        node: int | None = None,
        hints: Mapping[int, str] = NO_HINTS,
    ) -> Answered:
        """Repeat the request until its `codes` have no error and `check` does not raise `Unclear`; return the answer.

        With `node` only that broker is asked, and it is an error if it is no longer the coordinator. `hints` explain in
        the log a code that persists.

        Raises:
            KafkaError: a non-retriable error.
        """
        attempts: Attempts | None = None
        markers: Attempts | None = None
        while True:
            asked = node
            try:
                asked = await self._found() if node is None else node
                answer = await ask(self._client, asked, request, ConnectionGroup.COORDINATION)
                code = worst(codes(answer))
                if not code:
                    check(answer)
                    for tried in (attempts, markers):
                        if tried is not None:
                            tried.worked()
                    return Answered(answer, asked)
                cause = f"{name(code)} {hints.get(code, '')}".rstrip()
            except UNREACHABLE as error:
                if node is not None:
                    raise
                code, cause = 0, f"{type(error).__name__} {error}"
                self._node = None
                await refresh(self._client)
            except BrokerResponseError as error:  # of the look-up
                code, cause = error.errno, str(error)
            if code and (code not in AGAIN or (node is not None and code in FIND_COORDINATOR)):
                raise failure(code, self._key)
            if code in FIND_COORDINATOR:
                self._node = None
            if code == Code.CONCURRENT_TRANSACTIONS:
                markers = markers or Attempts(f"the last transaction of {self._key}", MARKERS)
                await markers.wait(cause)
            else:
                attempts = attempts or Attempts(f"the coordinator of {self._key}", self._first_pause)
                await attempts.wait(cause)

    async def _found(self) -> int:
        if self._node is None:
            self._node = await coordinator_of(self._client, self._kind, self._key)
        return self._node
