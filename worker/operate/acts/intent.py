"""What is to be done, by whom, and what came of it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from typing import NamedTuple

from schemas import Control
from schemas.audit import Action, Audit, AuditRole, Idempotency
from schemas.silence import Silence
from worker.errors import AlphapulseError, Exit
from worker.operate.controls import Entry


class Conflict(AlphapulseError):
    """The key's record is not the one that the act was meant for; nothing was written."""

    exit_code = Exit.TEMPORARY


class KeyReused(AlphapulseError):
    """The idempotency key was given to another request; nothing was written."""

    exit_code = Exit.USAGE


class OutcomeUncertain(AlphapulseError):
    """The act may or may not be written, and no broker says which."""

    exit_code = Exit.TEMPORARY


class Origin(NamedTuple):
    """Who acts, and by which request."""

    who: str
    role: AuditRole = "cli"
    request_id: str = ""
    idempotency: Idempotency | None = None


class Intent(NamedTuple):
    """An act that is not done yet.

    `control` returns the record that follows the key's newest one, or None to remove it; it raises to refuse. An act
    without `control` writes an audit record alone.
    """

    action: Action
    subject: str
    reason: str
    control: Callable[[Entry | None], Control | None] | None = None
    silence: Silence | None = None


class Written(NamedTuple):
    """Where a record lies."""

    topic: str
    partition: int
    offset: int


class Done(NamedTuple):
    """An act that is written; `repeated` tells that it was before, by the same idempotency key.

    `records` says where its records lie, as far as this process wrote them and the broker said it.
    """

    audit: Audit
    repeated: bool = False
    records: tuple[Written, ...] = ()


def local_user() -> str:
    """Return `user@host` of this process."""
    return f"{getpass.getuser()}@{os.uname().nodename}"
