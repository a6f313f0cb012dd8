"""DescribeGroups, version 3, and ConsumerGroupDescribe, version 0 (KIP-848)."""

from __future__ import annotations

from typing import Any

from aiokafka.protocol.admin import DescribeGroupsRequest_v3, DescribeGroupsResponse_v3
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.types import TEXT, Uuid

TAGS = ("tags", TaggedFields)


class WholeDescribeGroupsRequest(DescribeGroupsRequest_v3):
    """DescribeGroups, version 3; aiokafka decodes its answer as version 2."""

    RESPONSE_TYPE = DescribeGroupsResponse_v3  # type: ignore[assignment]


PARTITIONS = CompactArray(("topic_id", Uuid), ("topic", TEXT), ("partitions", CompactArray(Int32)), TAGS)
ASSIGNMENT = Schema(("topic_partitions", PARTITIONS), TAGS)


class ConsumerGroupDescribeResponse(Response):
    API_KEY, API_VERSION = 69, 0
    groups: Any
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "groups",
            CompactArray(
                ("error_code", Int16),
                ("error_message", TEXT),
                ("group", TEXT),
                ("state", TEXT),
                ("group_epoch", Int32),
                ("assignment_epoch", Int32),
                ("assignor", TEXT),
                (
                    "members",
                    CompactArray(
                        ("member_id", TEXT),
                        ("instance_id", TEXT),
                        ("rack", TEXT),
                        ("epoch", Int32),
                        ("client_id", TEXT),
                        ("client_host", TEXT),
                        ("topics", CompactArray(TEXT)),
                        ("pattern", TEXT),
                        ("assignment", ASSIGNMENT),
                        ("target", ASSIGNMENT),
                        TAGS,
                    ),
                ),
                ("authorized_operations", Int32),
                TAGS,
            ),
        ),
        TAGS,
    )


class ConsumerGroupDescribeRequest(RequestStruct):
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 69, 0, True
    RESPONSE_TYPE = ConsumerGroupDescribeResponse
    groups: Any
    SCHEMA = Schema(("groups", CompactArray(TEXT)), ("include_authorized_operations", Boolean), TAGS)


def describe_group(group: str) -> Fixed:
    """Build the request for the members of one group."""
    return Fixed(WholeDescribeGroupsRequest, [group], False)


def describe_new_group(group: str) -> Fixed:
    """Build the request for the members of one group of the new protocol."""
    return Fixed(ConsumerGroupDescribeRequest, [group], False, {})
