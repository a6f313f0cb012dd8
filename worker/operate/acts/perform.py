"""Acts of operators, one transaction each, repeated until one attempt is alone; an outcome is never guessed."""

from __future__ import annotations

import asyncio
import time

from schemas.audit import Audit
from worker.errors import AlphapulseError, ConfigError, TryAgain
from worker.kafka.backoff import BackOff
from worker.kafka.client import client_options
from worker.kafka.errors import FAILURES, meaning
from worker.kafka.preflight import MAX_BATCH, admin_client
from worker.kafka.reader import Truncated
from worker.kafka.topics import describe
from worker.operate.acts.intent import Done, Intent, Origin, OutcomeUncertain
from worker.operate.acts.transaction import Attempt, Interleaved, Place
from worker.settings import Settings

ATTEMPTS = 12  # as many writers may get in each other's way before one gives up
PAUSE, MOST_PAUSE = 0.05, 1.0  # seconds
FAILED = (*FAILURES, Interleaved, Truncated)


async def perform(settings: Settings, origin: Origin, intent: Intent) -> Done:
    """Do what is intended in one transaction: its control record and its audit record, or neither.

    All writers of the topic of limits are one after the other, so what `intent.control` sees is what it follows. An
    act with the idempotency key of an earlier one of the last 24 hours is that one.

    Raises:
        ConfigError, KeyReused, Conflict: it is refused; nothing was written.
        NotPermitted, BrokerUnavailable, TryAgain: nothing was written.
        OutcomeUncertain: it may or may not be written.
    """
    place = await _place(settings, intent)
    options = client_options(settings.kafka)
    limit = settings.processing.transaction_timeout_ms / 1000
    end = time.monotonic() + 2 * limit
    delays, doubtful, cause = BackOff(PAUSE, MOST_PAUSE), None, ""
    for _ in range(ATTEMPTS):
        attempt = Attempt(settings, options, place)
        try:
            async with asyncio.timeout(min(limit, end - time.monotonic())):
                return await attempt.run(origin, intent, doubtful)
        except FAILED as error:
            doubtful = attempt.asked or doubtful
            _refuse(error, settings, doubtful)
            cause = f"{type(error).__name__} {error}".rstrip()
        finally:
            await attempt.stop()
        if time.monotonic() >= end:
            break
        await asyncio.sleep(delays.next())  # until the other writer is done; nothing tells when
    raise _given_up(settings, doubtful, cause)


async def _place(settings: Settings, intent: Intent) -> Place:
    acts = settings.topics.acts
    names = (acts,) if intent.control is None else (settings.topics.limits, acts)
    async with admin_client(settings.kafka) as admin:
        found = await describe(admin, names)
    for name in names:
        if name not in found:
            raise ConfigError(f"the topic {name} does not exist: nothing was written", "Run `alphapulse topics create`")
    if (count := found[acts].partitions) != 1:
        raise ConfigError(f"{acts} has {count} partitions: acts have one order", f"Recreate {acts} with one partition")
    return Place(found[names[0]].partitions, min(MAX_BATCH, *(topic.max_message_bytes for topic in found.values())))


def _refuse(error: BaseException, settings: Settings, doubtful: Audit | None) -> None:
    """Raise what no further attempt can mend; while an outcome is unknown, an attempt has to find it out."""
    failure = meaning(error, settings.topics.limits)
    if isinstance(failure, AlphapulseError) and doubtful is None:
        raise failure from error


def _given_up(settings: Settings, doubtful: Audit | None, cause: str) -> AlphapulseError:
    if doubtful is not None:
        return OutcomeUncertain(
            f"it is unknown whether act {doubtful.id} was written ({cause})",
            f"Look for its id in {settings.topics.acts}, or repeat it with the same idempotency key",
        )
    return TryAgain(f"nothing was written, after {ATTEMPTS} attempts ({cause})", "Try again")
