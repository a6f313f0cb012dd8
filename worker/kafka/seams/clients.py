"""Calls to parts of aiokafka's clients that are not public."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from worker.kafka.deadline import GRACE, within
from worker.kafka.protocol.answers import NoLongerOurs
from worker.kafka.protocol.offsets import Membership

log = logging.getLogger(__name__)


def membership(consumer: AIOKafkaConsumer, instance_id: str | None) -> Membership:
    """Whom the group knows the consumer as now.

    Raises:
        NoLongerOurs: it is no member.
    """
    coordinator: Any = consumer._coordinator
    if coordinator.generation < 1 or not coordinator.member_id:
        # Sent like this, an offset would be taken as one of a client without a group, and not be checked.
        raise NoLongerOurs("the group has lost this member")
    return Membership(coordinator.generation, coordinator.member_id, instance_id)


def client_of(client: AIOKafkaConsumer | AIOKafkaAdminClient) -> AIOKafkaClient:
    """The connections of a consumer or of an admin client."""
    inner: Any = client
    found: AIOKafkaClient = inner._client
    return found


async def connect_once(host: str, port: int, options: dict[str, Any]) -> None:
    """Open and close one connection: TCP, TLS, SASL and a first question. Unlike bootstrap it raises the real cause.

    Without the question a listener that wants a login would pass: it tells its versions to anybody.

    Raises:
        OSError, ssl.SSLError, TimeoutError, aiokafka.errors.KafkaError: whatever went wrong.
    """
    connection = await create_conn(
        host,
        port,
        client_id=options["client_id"],
        request_timeout_ms=options["request_timeout_ms"],
        ssl_context=options.get("ssl_context"),
        security_protocol=options["security_protocol"],
        sasl_mechanism=options.get("sasl_mechanism"),
        sasl_plain_username=options.get("sasl_plain_username"),
        sasl_plain_password=options.get("sasl_plain_password"),
    )
    try:
        await connection.send(MetadataRequest([]))
    finally:
        connection.close()


async def ask(client: AIOKafkaClient, node: int, request: Any, group: int = ConnectionGroup.DEFAULT) -> Any:
    """A broker's answer.

    Raises:
        NodeNotReadyError, RequestTimedOutError, KafkaConnectionError: there is none.
    """
    with _closed_connections():
        return await client.send(node, request, group=group)


async def coordinator_of(client: AIOKafkaClient, kind: CoordinationType, key: str) -> int:
    """The broker that coordinates a transactional id or a group.

    Raises:
        BrokerResponseError: none does now, or this user may not know; further errors as `ask`.
    """
    with _closed_connections():
        return int(await client.coordinator_lookup(kind, key))


@contextmanager
def _closed_connections() -> Iterator[None]:
    try:
        yield
    except KafkaError:  # which is a RuntimeError, too
        raise
    except RuntimeError as error:  # uvloop's word for a connection that was closed a moment ago
        raise KafkaConnectionError(str(error)) from error


async def close_client(client: AIOKafkaClient) -> None:
    """Close all connections, also when the client's own task has died."""
    inner: Any = client
    task = inner._sync_task
    if task is not None and task.done():
        inner._sync_task = None  # what it awaits first, to raise again what the task died of
        log.warning("the client's metadata task had ended", extra={"error": _death(task)})
    await client.close()


def _death(task: asyncio.Task[Any]) -> str:
    return "cancelled" if task.cancelled() else repr(task.exception())


def fetch_each_alone(consumer: object) -> None:
    """Let a started consumer fetch for a partition while others of the same broker have fetched records that wait.

    By itself it holds back all fetches from that broker for 100 ms then, and partitions that rest wait on purpose.
    """
    started: Any = consumer
    started._fetcher._prefetch_backoff = 0.0


async def start_consumer(consumer: AIOKafkaConsumer) -> None:
    """Start a consumer; one that can't be, or is cancelled meanwhile, is stopped.

    Raises:
        KafkaError: it can't be started.
    """
    try:
        await consumer.start()
    except BaseException:
        await stop_consumer(consumer)
        raise


async def stop_consumer(consumer: AIOKafkaConsumer, seconds: float = 1.0) -> None:
    """Stop a consumer within about `seconds`, also one whose tasks have died.

    The fetch task swallows its cancellation when its assignment has just changed (it awaits tasks that it cancelled
    itself), and `stop` then waits for it for ever. A second cancellation gets through. A fetch that rests after an
    error does not swallow it, and `stop` ends by it as if it had been cancelled itself.
    """
    stopping = asyncio.ensure_future(consumer.stop())
    await asyncio.wait({stopping}, timeout=seconds)
    if not stopping.done():
        stopping.cancel()
        await asyncio.wait({stopping}, timeout=GRACE)
    if stopping.done() and not stopping.cancelled():
        if (error := stopping.exception()) is None:
            return
        log.warning("the consumer had broken down", extra={"error": repr(error)})  # by what one of its tasks died of
    await within(GRACE, close_client(consumer._client))  # which `stop` closes last


async def refresh(client: AIOKafkaClient, seconds: float = 1.0) -> None:
    """Ask a broker for new metadata and wait for them, but not for ever: the task that asks may have died."""
    await asyncio.wait({client.force_metadata_update()}, timeout=seconds)
