"""Retry of a request until its answer is certain, or until its time is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Any, TypeVar

from aiokafka import errors

from worker.errors import AlphapulseError, BrokerUnavailable, TryAgain
from worker.kafka.backoff import BackOff, Rarely
from worker.kafka.protocol import strict
from worker.kafka.protocol.codes import name

log = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
UNREACHABLE = (
    errors.NodeNotReadyError,
    errors.RequestTimedOutError,
    errors.KafkaConnectionError,
    errors.CorrelationIdError,  # the answer belongs to another request; aiokafka closes the connection
    TimeoutError,
)
SECONDS = 15.0  # an election, or the loading of a coordinator, takes less
ATTEMPT = 1.0  # least seconds of an attempt: a late answer is better than none
LEAST = 0.05  # seconds before the first retry


class Doubt(Exception):
    """An answer that decides nothing; the argument is the reason."""


def refused(code: int) -> Doubt:
    """Return the doubt for an error code."""
    return Doubt(f"error {name(code)}")


def exactly(wanted: Iterable[K], rows: Iterable[Any] | None, key: Callable[[Any], K]) -> dict[K, Any]:
    """Return the entry of each requested key.

    Raises:
        Doubt: an entry is missing, duplicated or not requested, or the array is null.
    """
    try:
        return strict.exactly(None if rows is None else ((key(row), row) for row in rows), set(wanted), "the broker")
    except strict.Unclear as unclear:
        raise Doubt(str(unclear)) from unclear


class Patience:
    """The time limit of one request, and the delays between its retries."""

    def __init__(self, what: str, seconds: float = SECONDS, least: float | None = None) -> None:
        """Start the clock; `what` names the request in messages, `least` is the first delay in seconds."""
        self._what, self.seconds = what, seconds
        self._backoff = BackOff(LEAST if least is None else least)
        self._said: str | None = None  # the last doubt
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()
        self._rarely = Rarely()

    @property
    def elapsed(self) -> float:
        """Seconds since the first attempt."""
        return self._clock() - self._begun

    async def doubt(self, error: BaseException) -> None:
        """Wait before the next attempt.

        Raises:
            TryAgain: the time is over, and no answer was certain.
            BrokerUnavailable: the time is over, and no broker has answered.
        """
        if isinstance(error, Doubt):
            self._said = str(error)
        delay = self._backoff.next()
        if self.elapsed + delay >= self.seconds:
            raise self._given_up(error) from error
        if self._rarely.due():
            log.warning("no certain answer yet", extra={"question": self._what, "said": str(error) or repr(error)})
        await asyncio.sleep(delay)

    def _given_up(self, error: BaseException) -> AlphapulseError:
        message = f"{self._what}: no certain answer within {self.seconds:g} s"
        if self._said is None:
            fix = "Check that the brokers run and can be reached, then try again"
            return BrokerUnavailable(f"{message} ({str(error) or type(error).__name__})", fix)
        return TryAgain(f"{message} (the last: {self._said})", "Check the brokers' logs, then try again")


async def until_certain(attempt: Callable[[], Awaitable[T]], what: str, seconds: float = SECONDS) -> T:
    """Repeat `attempt` until it reaches a broker and raises no `Doubt`; return its result.

    Raises:
        TryAgain, BrokerUnavailable: no such result within `seconds`.
    """
    patience = Patience(what, seconds)
    while True:
        try:
            async with asyncio.timeout(max(seconds - patience.elapsed, ATTEMPT)):
                return await attempt()
        except (Doubt, *UNREACHABLE) as error:
            await patience.doubt(error)
