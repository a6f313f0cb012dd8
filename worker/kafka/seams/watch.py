"""Whether a client still lives: aiokafka does not tell when one of its background tasks has ended.

Without its metadata task a client waits for ever in look-ups; without its fetch task `getmany` returns nothing, for
ever and without an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

# What the task does → the attributes that lead to it.
CONSUMER = {
    "metadata": ("_client", "_sync_task"),
    "fetches": ("_fetcher", "_fetch_task"),
    "group": ("_coordinator", "_coordination_task"),
    "assignment": ("_coordinator", "_reset_committed_task"),  # of a consumer without group
}
PRODUCER = {"metadata": ("client", "_sync_task"), "batches": ("_sender", "_sender_task")}
CLIENT = {"metadata": ("_sync_task",)}


def tasks(of: object) -> dict[str, asyncio.Task[Any]]:
    """The background tasks of a client that has been started and not stopped, by what they do."""
    paths: Mapping[str, tuple[str, ...]] = CLIENT
    if isinstance(of, AIOKafkaConsumer):
        paths = CONSUMER
    elif isinstance(of, AIOKafkaProducer):
        paths = PRODUCER
    found = {name: _at(of, path) for name, path in paths.items()}
    return {name: task for name, task in found.items() if task is not None}


def _at(of: Any, path: tuple[str, ...]) -> asyncio.Task[Any] | None:
    for name in path:
        of = getattr(of, name, None)
    found: asyncio.Task[Any] | None = of
    return found


def ended(of: object) -> str | None:
    """Which task has ended, and of what; None while all run. A client of which one has ended must be replaced."""
    for name, task in tasks(of).items():
        if task.done():
            return f"{name}: {'cancelled' if task.cancelled() else repr(task.exception())}"
    return None
