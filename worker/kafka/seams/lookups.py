"""A look-up of a coordinator that fails for now is tried again.

aiokafka's producer takes a closed connection for the end of it, its members an unexpected code. Both try again what
they know: a coordinator that is not available, and a node that is not ready.
"""

from __future__ import annotations

from typing import Any

from aiokafka import errors
from aiokafka.client import AIOKafkaClient

DENIED = (errors.GroupAuthorizationFailedError, errors.TransactionalIdAuthorizationFailed)
_original = AIOKafkaClient.coordinator_lookup


async def coordinator_lookup(self: Any, coordinator_type: Any, coordinator_key: str) -> Any:
    """`AIOKafkaClient.coordinator_lookup`.

    Raises:
        GroupAuthorizationFailedError, TransactionalIdAuthorizationFailed: this user may not know.
        NodeNotReadyError, RequestTimedOutError: the broker that was asked is away.
        CoordinatorNotAvailableError: none is known now.
    """
    try:
        return await _original(self, coordinator_type, coordinator_key)
    except (*DENIED, errors.NodeNotReadyError, errors.RequestTimedOutError):
        raise
    except errors.BrokerResponseError as error:
        raise errors.CoordinatorNotAvailableError(f"look-up: {error}") from error
    except errors.KafkaError as error:
        raise errors.NodeNotReadyError(f"look-up: {error}") from error


def install() -> None:
    """Have every client do so."""
    client: Any = AIOKafkaClient
    client.coordinator_lookup = coordinator_lookup
