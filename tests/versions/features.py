"""The features of a cluster, and raising them to what its brokers support, as `kafka-features upgrade` does."""

from __future__ import annotations

from io import BytesIO
from typing import Any, NamedTuple

from aiokafka.conn import create_conn
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int8,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from worker.broker import Broker
from worker.kafka.protocol.fixed import Fixed
from worker.kafka.transactions.features import FEATURES, FINALIZED, ApiVersionsRequest, ApiVersionsResponse

TEXT = CompactString("utf-8")
SUPPORTED = 0  # tag of the supported features
SUPPORTED_FEATURES = CompactArray(("name", TEXT), ("least", Int16), ("most", Int16), ("tags", TaggedFields))
UPGRADE = 1  # no feature is lowered
TIMEOUT_MS = 20_000


class ApiVersionsResponse4(ApiVersionsResponse):
    API_VERSION = 4


class ApiVersionsRequest4(ApiVersionsRequest):
    """Up to version 3 the answer leaves out features that may have level 0."""

    API_VERSION = 4
    RESPONSE_TYPE = ApiVersionsResponse4


class UpdateFeaturesResponse(Response):
    API_KEY, API_VERSION = 57, 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("error_message", TEXT),
        (
            "results",
            CompactArray(("feature", TEXT), ("error_code", Int16), ("error_message", TEXT), ("tags", TaggedFields)),
        ),
        ("tags", TaggedFields),
    )


class UpdateFeaturesRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 57, 1, True
    RESPONSE_TYPE = UpdateFeaturesResponse
    SCHEMA = Schema(
        ("timeout_ms", Int32),
        (
            "updates",
            CompactArray(("feature", TEXT), ("level", Int16), ("upgrade_type", Int8), ("tags", TaggedFields)),
        ),
        ("validate_only", Boolean),
        ("tags", TaggedFields),
    )


class Features(NamedTuple):
    """Name → level: what the brokers support at most, and what the cluster has agreed on."""

    supported: dict[str, int]
    finalized: dict[str, int]


async def features(broker: Broker) -> Features:
    """What a broker says of both."""
    answer = await _ask(broker, Fixed(ApiVersionsRequest4, "alphapulse-tests", "1", {}))
    supported = SUPPORTED_FEATURES.decode(BytesIO(answer.tags[SUPPORTED]))
    finalized = FEATURES.decode(BytesIO(answer.tags.get(FINALIZED, b"\1")))
    return Features({row[0]: row[2] for row in supported or ()}, {row[0]: row[1] for row in finalized or ()})


async def raise_features(broker: Broker, names: tuple[str, ...]) -> None:
    """Raise these features to the highest level that the broker supports."""
    told = await features(broker)
    levels = {name: told.supported[name] for name in names}
    rows: list[Any] = [(name, level, UPGRADE, {}) for name, level in levels.items()]
    answer = await _ask(broker, Fixed(UpdateFeaturesRequest, TIMEOUT_MS, rows, False, {}))
    assert answer.error_code == 0, (answer.error_code, answer.error_message, levels)
    assert not [row for row in answer.results or () if row[1]], answer.results


async def _ask(broker: Broker, request: Fixed) -> Any:
    host, _, port = broker.bootstrap.rpartition(":")
    connection = await create_conn(host, int(port), request_timeout_ms=2 * TIMEOUT_MS)
    try:
        return await connection.send(request)
    finally:
        connection.close()
