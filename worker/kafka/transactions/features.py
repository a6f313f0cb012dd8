"""Detection of Kafka 4's transactions by the finalized feature `transaction.version`."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from aiokafka import __version__
from aiokafka.protocol.api import RequestStruct, Response, ResponseHeader_v0
from aiokafka.protocol.types import CompactArray, Int16, Int32, Schema, TaggedFields

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.strict import Unclear
from worker.kafka.protocol.types import TEXT

TRANSACTIONS, NEEDED = "transaction.version", 2
FINALIZED = 2  # tag of the finalized features
FEATURES = CompactArray(("name", TEXT), ("most", Int16), ("least", Int16), ("tags", TaggedFields))


class ApiVersionsResponse(Response):
    API_KEY, API_VERSION = 18, 3
    SCHEMA = Schema(
        ("error_code", Int16),
        ("api_keys", CompactArray(("api_key", Int16), ("least", Int16), ("most", Int16), ("tags", TaggedFields))),
        ("throttle_time_ms", Int32),
        ("tags", TaggedFields),
    )


class ApiVersionsRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 18, 3, True
    RESPONSE_TYPE = ApiVersionsResponse
    SCHEMA = Schema(("client_software_name", TEXT), ("client_software_version", TEXT), ("tags", TaggedFields))

    def parse_response_header(self, read_buffer: BytesIO | bytes) -> ResponseHeader_v0:
        """Decode a header without tags: this response never has them, so that every client can read it."""
        return ResponseHeader_v0.decode(read_buffer)


def ask_versions() -> Fixed:
    """Build the request for a broker's API versions and features."""
    return Fixed(ApiVersionsRequest, "aiokafka", __version__, {})


def transactions_of(response: Any) -> int:
    """Return the finalized `transaction.version` of a cluster; 0 if it has none.

    Raises:
        Unclear: the features can't be decoded.
    """
    told = response.tags.get(FINALIZED)
    try:
        features = FEATURES.decode(BytesIO(told)) if told else []
    except (ValueError, TypeError, IndexError) as error:
        raise Unclear("ApiVersions: the features can't be read") from error
    return next((most for name, most, _, _ in features or () if name == TRANSACTIONS), 0)
