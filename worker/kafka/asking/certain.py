"""When an answer is certain, and how long it is asked for again."""

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
    errors.CorrelationIdError,  # the connection is out of step, and closed
    TimeoutError,
)
SECONDS = 15.0  # an election, or a coordinator that loads, takes less
ATTEMPT = 1.0  # seconds that each attempt has: what a broker says counts more than when it says it
LEAST = 0.05  # seconds before a question is asked for the second time


class Doubt(Exception):
    """An answer that settles nothing; the argument says why."""


def refused(code: int) -> Doubt:
    """The doubt that an error code leaves."""
    return Doubt(f"error {name(code)}")


def exactly(wanted: Iterable[K], rows: Iterable[Any] | None, key: Callable[[Any], K]) -> dict[K, Any]:
    """The entry of each key that was asked for.

    Raises:
        Doubt: one is missing or there twice, one is there that nobody asked for, or there is no array at all.
    """
    try:
        return strict.exactly(None if rows is None else ((key(row), row) for row in rows), set(wanted), "the broker")
    except strict.Unclear as unclear:
        raise Doubt(str(unclear)) from unclear


class Patience:
    """The time for one question: when to ask again, and when to give up."""

    def __init__(self, what: str, seconds: float = SECONDS, least: float | None = None) -> None:
        """`what` names the question in messages; `least` is the first delay in seconds."""
        self._what, self.seconds = what, seconds
        self._backoff = BackOff(LEAST if least is None else least)
        self._said: str | None = None  # the last answer that settled nothing
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()
        self._rarely = Rarely()

    @property
    def elapsed(self) -> float:
        """Seconds since the question was first asked."""
        return self._clock() - self._begun

    async def doubt(self, error: BaseException) -> None:
        """Wait before the question is asked again.

        Raises:
            TryAgain: the time is over, and what brokers answered settles nothing.
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
            fix = "Look whether the brokers run and can be reached, then try again"
            return BrokerUnavailable(f"{message} ({str(error) or type(error).__name__})", fix)
        return TryAgain(f"{message} (the last: {self._said})", "Look at the brokers' logs, then try again")


async def until_certain(attempt: Callable[[], Awaitable[T]], what: str, seconds: float = SECONDS) -> T:
    """What `attempt` returns, once it raises no `Doubt` and reaches a broker.

    Raises:
        TryAgain, BrokerUnavailable: not within `seconds`.
    """
    patience = Patience(what, seconds)
    while True:
        try:
            async with asyncio.timeout(max(seconds - patience.elapsed, ATTEMPT)):
                return await attempt()
        except (Doubt, *UNREACHABLE) as error:
            await patience.doubt(error)
