"""Detection of dead background tasks, which aiokafka does not report.

Without its metadata task a client waits forever in look-ups. Without its fetch task `getmany` returns nothing forever,
without an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

# Purpose of a task → path of attributes to it.
CONSUMER = {
    "metadata": ("_client", "_sync_task"),
    "fetches": ("_fetcher", "_fetch_task"),
    "group": ("_coordinator", "_coordination_task"),
    "assignment": ("_coordinator", "_reset_committed_task"),  # of a consumer without group
}
OF_MEMBER = 3  # of these tasks, which a started member of a group has; they are never others
PRODUCER = {"metadata": ("client", "_sync_task"), "batches": ("_sender", "_sender_task")}
CLIENT = {"metadata": ("_sync_task",)}


def tasks(of: object) -> dict[str, asyncio.Task[Any]]:
    """Return the background tasks of a running client by purpose."""
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
    """Return which task has ended, and its error; None while all run. A client with an ended task must be replaced."""
    return first_ended(tasks(of))


def first_ended(found: Mapping[str, asyncio.Task[Any]]) -> str | None:
    """Return which of these tasks has ended, as `ended`."""
    for name, task in found.items():
        if task.done():
            return f"{name}: {'cancelled' if task.cancelled() else repr(task.exception())}"
    return None
