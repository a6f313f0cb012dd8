"""The writer of all acts of this gateway, one after the other."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import NamedTuple

from schemas.audit import AuditRole, Idempotency
from worker.errors import AlphapulseError, ConfigError, DataError, NotPermitted
from worker.gateway.auth.caller import Caller
from worker.gateway.resources.problem import Refused
from worker.operate.acts.intent import Conflict, Done, Intent, KeyReused, Origin, OutcomeUncertain
from worker.operate.acts.perform import perform
from worker.settings import Settings

log = logging.getLogger(__name__)
STOP = 0.9  # seconds for acts that run at the stop; they take a tenth of that
RETRY_AFTER = {"Retry-After": "2"}
REMEMBERED = 10_000  # keys of requests


class Asked(NamedTuple):
    """A request for an act."""

    caller: Caller
    request_id: str
    key: str | None  # for idempotency
    digest: str


class Writer:
    """Acts run to their end, whether or not the caller waits for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turn = asyncio.Lock()  # attempts of one process need not fence each other
        self._running: set[asyncio.Task[Done]] = set()
        self._keys: dict[tuple[str, str], None] = {}  # who asked with which key, the oldest first

    async def start(self) -> None:
        """Do nothing: each act has connections of its own."""

    async def stop(self) -> None:
        """Wait for the acts that run."""
        if self._running:
            await asyncio.wait(self._running, timeout=STOP)

    async def do(self, asked: Asked, intent: Intent) -> Done:
        """Do what is asked for; return the former act if the same was asked for with the same key.

        Raises:
            Refused: it is refused, or failed; its text says whether something was written.
        """
        role: AuditRole = "admin" if asked.caller.role == "admin" else "operate"
        known = None if asked.key is None else Idempotency(asked.key, asked.digest)
        again = self._asked_before(asked)
        task = asyncio.create_task(self._act(Origin(asked.caller.who, role, asked.request_id, known), intent))
        self._running.add(task)
        task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(task)
        except AlphapulseError as error:
            raise refused(error, again) from error

    def _asked_before(self, asked: Asked) -> bool:
        if asked.key is None:
            return False
        name = (asked.caller.who, asked.key)
        if name in self._keys:
            return True
        self._keys[name] = None
        if len(self._keys) > REMEMBERED:
            del self._keys[next(iter(self._keys))]
        return False

    async def _act(self, origin: Origin, intent: Intent) -> Done:
        async with self._turn:
            return await perform(self._settings, origin, intent)

    def _ended(self, task: asyncio.Task[Done]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # it was raised to the caller, if there is one


def digest(method: str, path: str, conditions: str, body: bytes) -> str:
    """Return the hash of a request by which a repeated one is known."""
    found = hashlib.sha256()
    for part in (method.encode(), path.encode(), conditions.encode(), body):
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def refused(error: AlphapulseError, again: bool = False) -> Refused:
    """Return what the failure of an act means for its caller.

    A request that comes `again` has failed without having looked: the one before it, which nobody waited for, may have
    been written.
    """
    message, fix = error.message, error.fix
    if isinstance(error, Conflict):
        return Refused(412, "version_conflict", message, fix)
    if isinstance(error, KeyReused):
        return Refused(422, "idempotency_conflict", message, fix)
    if isinstance(error, OutcomeUncertain):
        return Refused(503, "outcome_unknown", message, fix, RETRY_AFTER)
    if isinstance(error, ConfigError | DataError):
        return Refused(409, "conflict", message, fix)
    log.warning("an act was not written", extra={"error": message})
    if again:
        said = "this request wrote nothing, but an earlier one with its idempotency key may have"
        return Refused(503, "outcome_unknown", said, "Repeat it with the same key", RETRY_AFTER)
    if isinstance(error, NotPermitted):
        return Refused(503, "unavailable", "nothing was written: the brokers refuse it to the gateway", fix)
    return Refused(503, "unavailable", "nothing was written: the brokers give no answer now", "Try again", RETRY_AFTER)
