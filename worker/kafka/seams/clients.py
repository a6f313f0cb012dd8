"""Calls to private parts of aiokafka's clients."""

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
from worker.kafka.seams import watch

log = logging.getLogger(__name__)


def membership(consumer: AIOKafkaConsumer, instance_id: str | None) -> Membership:
    """Return the consumer's present membership of its group.

    Raises:
        NoLongerOurs: it is not a member.
    """
    coordinator: Any = consumer._coordinator
    # It has no coordinator before it is started.
    if coordinator is None or coordinator.generation < 1 or not coordinator.member_id:
        # The coordinator would take such a commit for one of a client without a group, and not check it.
        raise NoLongerOurs("the group has lost this member")
    return Membership(coordinator.generation, coordinator.member_id, instance_id)


def client_of(client: AIOKafkaConsumer | AIOKafkaAdminClient) -> AIOKafkaClient:
    """Return the inner client, with the connections, of a consumer or admin client."""
    inner: Any = client
    found: AIOKafkaClient = inner._client
    return found


async def connect_once(host: str, port: int, options: dict[str, Any]) -> None:
    """Connect by TCP, TLS and SASL, send a first request, and disconnect. Unlike bootstrap, raise the real cause.

    The request is necessary: a listener that requires a login still reports its API versions without one.

    Raises:
        OSError, ssl.SSLError, TimeoutError, aiokafka.errors.KafkaError: the cause.
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
    """Send a request to a broker and return its answer.

    Raises:
        NodeNotReadyError, RequestTimedOutError, KafkaConnectionError: no answer.
    """
    with _closed_connections():
        return await client.send(node, request, group=group)


async def coordinator_of(client: AIOKafkaClient, kind: CoordinationType, key: str) -> int:
    """Return the broker that coordinates a transactional id or a group.

    Raises:
        BrokerResponseError: no broker does now, or this user has no right to it; further errors as `ask`.
    """
    with _closed_connections():
        return int(await client.coordinator_lookup(kind, key))


@contextmanager
def _closed_connections() -> Iterator[None]:
    try:
        yield
    except KafkaError:  # a RuntimeError, too
        raise
    except RuntimeError as error:  # uvloop raises it on a just-closed transport
        raise KafkaConnectionError(str(error)) from error


async def close_client(client: AIOKafkaClient) -> None:
    """Close all connections, even if the client's metadata task has died."""
    inner: Any = client
    task = inner._sync_task
    if task is not None and task.done():
        inner._sync_task = None  # else `close` awaits it first and raises its error
        log.warning("the client's metadata task had ended", extra={"error": _death(task)})
    await client.close()


def _death(task: asyncio.Task[Any]) -> str:
    return "cancelled" if task.cancelled() else repr(task.exception())


def fetch_each_alone(consumer: object) -> None:
    """Let a started consumer fetch a partition while unread records of the same broker's other partitions wait.

    By default it delays all fetches from that broker by 100 ms then, and partitions that linger wait on purpose.
    """
    started: Any = consumer
    started._fetcher._prefetch_backoff = 0.0


async def start_consumer(consumer: AIOKafkaConsumer) -> None:
    """Start a consumer; stop it if that fails or is cancelled.

    Raises:
        KafkaError: it can't be started.
    """
    try:
        await consumer.start()
    except BaseException:
        await stop_consumer(consumer)
        raise


async def stop_consumer(consumer: AIOKafkaConsumer, seconds: float = 1.0) -> None:
    """Stop a consumer within about `seconds`, even one whose tasks have died.

    The fetch task swallows its cancellation when its assignment has just changed, since it awaits tasks that it has
    cancelled itself; then `stop` waits for it forever. A second cancellation works. A fetch that backs off after an
    error does not swallow the cancellation, and `stop` then ends as if it had been cancelled itself. `stop` does not
    ask a task for its error that has ended before; asyncio would report that one once more when it is forgotten.
    """
    for task in watch.tasks(consumer).values():
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    stopping = asyncio.ensure_future(consumer.stop())
    await asyncio.wait({stopping}, timeout=seconds)
    if not stopping.done():
        stopping.cancel()
        await asyncio.wait({stopping}, timeout=GRACE)
    if stopping.done() and not stopping.cancelled():
        if (error := stopping.exception()) is None:
            return
        log.warning("the consumer had failed", extra={"error": repr(error)})  # the error of one of its tasks
    await within(GRACE, close_client(consumer._client))  # `stop` would have closed it last


async def refresh(client: AIOKafkaClient, seconds: float = 1.0) -> None:
    """Request new metadata and wait for it at most `seconds`: the metadata task may have died."""
    await asyncio.wait({client.force_metadata_update()}, timeout=seconds)
