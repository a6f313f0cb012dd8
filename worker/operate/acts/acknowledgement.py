"""Acknowledgements, which the monitor of the portfolio's risk enters into its next step."""

from __future__ import annotations

from schemas.audit import Acknowledged, Audit
from worker.operate.acts.intent import Intent, Origin
from worker.operate.acts.perform import perform
from worker.settings import Settings


def acknowledgement(subject: Acknowledged, reason: str) -> Intent:
    """Return the act that acknowledges a kill, or decisions that can't be read."""
    return Intent("acknowledge", subject, reason)


async def acknowledge(settings: Settings, subject: Acknowledged, who: str, reason: str) -> Audit:
    """Write an acknowledgement; return it.

    Raises:
        ConfigError: a topic does not exist, or `who` or `reason` is empty or too long.
        AlphapulseError: as `perform`.
    """
    return (await perform(settings, Origin(who), acknowledgement(subject, reason))).audit
