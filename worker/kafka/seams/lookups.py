"""Seam: coordinator look-ups fail only with errors that aiokafka retries.

A closed connection ends aiokafka's producer, and an unexpected code ends its group members. Both retry after
CoordinatorNotAvailableError and NodeNotReadyError. And a broker that has just started may name no broker, not even
itself: aiokafka takes a client without brokers for one that was never started, and fails an assertion.
"""

from __future__ import annotations

from typing import Any

from aiokafka import errors
from aiokafka.client import AIOKafkaClient

DENIED = (errors.GroupAuthorizationFailedError, errors.TransactionalIdAuthorizationFailed)
_original = AIOKafkaClient.coordinator_lookup


async def coordinator_lookup(self: Any, coordinator_type: Any, coordinator_key: str) -> Any:
    """Replace `AIOKafkaClient.coordinator_lookup`.

    Raises:
        GroupAuthorizationFailedError, TransactionalIdAuthorizationFailed: this user has no right to it.
        NodeNotReadyError, RequestTimedOutError: no broker is known yet, or the one that was asked does not answer.
        CoordinatorNotAvailableError: no coordinator is known now.
    """
    if self.get_random_node() is None:
        self.force_metadata_update()  # not awaited: whoever looks up again finds what it has brought
        raise errors.NodeNotReadyError("look-up: no broker is known yet")
    try:
        return await _original(self, coordinator_type, coordinator_key)
    except (*DENIED, errors.NodeNotReadyError, errors.RequestTimedOutError):
        raise
    except errors.BrokerResponseError as error:
        raise errors.CoordinatorNotAvailableError(f"look-up: {error}") from error
    except errors.KafkaError as error:
        raise errors.NodeNotReadyError(f"look-up: {error}") from error


def install() -> None:
    """Patch every client."""
    client: Any = AIOKafkaClient
    client.coordinator_lookup = coordinator_lookup
