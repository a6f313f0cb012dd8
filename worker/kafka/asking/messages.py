"""DescribeGroups, version 4, and ConsumerGroupDescribe, version 0 (KIP-848)."""

from __future__ import annotations

from typing import Any

from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    Boolean,
    Bytes,
    CompactArray,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from worker.kafka.protocol.fixed import Fixed
from worker.kafka.protocol.types import OLD_TEXT, TEXT, Uuid

TAGS = ("tags", TaggedFields)


class DescribeGroupsResponse(Response):
    API_KEY, API_VERSION = 15, 4
    groups: Any
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "groups",
            Array(
                ("error_code", Int16),
                ("group", OLD_TEXT),
                ("state", OLD_TEXT),
                ("protocol_type", OLD_TEXT),
                ("protocol", OLD_TEXT),
                (
                    "members",
                    Array(
                        ("member_id", OLD_TEXT),
                        ("instance_id", OLD_TEXT),
                        ("client_id", OLD_TEXT),
                        ("client_host", OLD_TEXT),
                        ("metadata", Bytes),
                        ("assignment", Bytes),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
    )


class DescribeGroupsRequest(RequestStruct):
    API_KEY, API_VERSION = 15, 4
    RESPONSE_TYPE = DescribeGroupsResponse
    groups: Any
    SCHEMA = Schema(("groups", Array(OLD_TEXT)), ("include_authorized_operations", Boolean))


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
    return Fixed(DescribeGroupsRequest, [group], False)


def describe_new_group(group: str) -> Fixed:
    """Build the request for the members of one group of the new protocol."""
    return Fixed(ConsumerGroupDescribeRequest, [group], False, {})
