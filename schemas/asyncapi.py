"""The AsyncAPI 3.0 document: topics, their writers and readers, keys, headers and broker settings."""

from __future__ import annotations

from typing import Any

from schemas import SCHEMA_VERSION
from schemas.control import MONITOR_HEADER
from schemas.jsonschema import components

BINDING = "0.5.0"
FORMAT = "application/schema+json;version=draft-2020-12"
PARTITIONS, MAX_MESSAGE_BYTES = 4, 1_048_588
GROUP, CLIENT = "alphapulse", "alphapulse"

Json = dict[str, Any]
_PORTFOLIO: Json = {
    "content-type": {"const": "application/json"},
    "ce_specversion": {"const": "1.0"},
    "ce_source": {"type": "string", "pattern": "^/alphapulse/.+$", "description": "/alphapulse/<group of the monitor>"},
    "ce_id": {"type": "string", "pattern": "^portfolio-[0-9]+$", "description": "portfolio-<number>"},
    "ce_type": {"const": f"io.alphapulse.portfolio.v{SCHEMA_VERSION}"},
    "ce_time": {"type": "string", "format": "date-time", "description": "the step"},
}
_MONITOR: Json = {
    MONITOR_HEADER: {"type": "string", "description": "the monitor that wrote it; an operator's record has none"}
}
_ALERT: Json = {
    "content-type": {"const": "application/json"},
    "ce_specversion": {"const": "1.0"},
    "ce_source": {"type": "string", "pattern": "^/alphapulse/.+$", "description": "/alphapulse/<group of the alerts>"},
    "ce_id": {"type": "string", "pattern": "^.+-[a-z]+$", "description": "<alert_id>-<state>"},
    "ce_type": {"const": f"io.alphapulse.alert.v{SCHEMA_VERSION}"},
    "ce_time": {"type": "string", "format": "date-time", "description": "wall time of the change"},
}
_FOREVER: Json = {"cleanup.policy": ["delete"], "retention.ms": -1, "retention.bytes": -1}
_COMPACTED: Json = {"cleanup.policy": ["compact"]}
_TRACE: Json = {
    "traceparent": {"type": "string", "description": "W3C trace context, passed on as it came"},
    "tracestate": {"type": "string", "description": "W3C trace context, passed on as it came"},
}
_COMMON: Json = {
    "content-type": {"const": "application/json"},
    "ce_specversion": {"const": "1.0"},
    "ce_source": {"type": "string", "pattern": "^/alphapulse/.+$", "description": "/alphapulse/<consumer group>"},
    "ce_id": {
        "type": "string",
        "pattern": "^.+-[0-9]+-[0-9]+$",
        "description": "<input topic>-<partition>-<offset> of the input record; unique per source",
    },
    "alphapulse.ingest_ms": {"type": "string", "pattern": "^-?[0-9]+$", "description": "the input record's timestamp"},
}
_DECISION: Json = {
    "ce_type": {"const": f"io.alphapulse.decision.v{SCHEMA_VERSION}"},
    "ce_time": {"type": "string", "format": "date-time", "description": "the bar's close"},
}
_REJECTION: Json = {
    "ce_type": {"const": f"io.alphapulse.rejection.v{SCHEMA_VERSION}"},
    "__streams.errors.topic": {"type": "string", "description": "input topic"},
    "__streams.errors.partition": {"type": "string", "pattern": "^[0-9]+$"},
    "__streams.errors.offset": {"type": "string", "pattern": "^[0-9]+$"},
    "alphapulse.reason": {"type": "string", "description": "reject codes, separated by ;"},
    "alphapulse.stage": {"const": "validation"},
}


def document() -> Json:
    """Return the whole document, without external references."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:alphapulse:worker",
        "info": {
            "title": "AlphaPulse worker",
            "version": f"{SCHEMA_VERSION}.0.0",
            "description": "Each record of ticks.raw ends as exactly one record of decisions or ticks.rejected, in the "
            "partition of the same number, in one transaction with the input offset. Topic names are settings; these "
            "are the defaults.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {"host": "127.0.0.1:9092", "protocol": "kafka", "description": "`alphapulse broker start`"}
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": components("#/components/schemas/{name}")},
    }


def _channels() -> Json:
    return {
        "ticks": _channel("ticks.raw", "Tick", "Bars in. The key must be the symbol: it picks the partition."),
        "decisions": _channel("decisions", "Decision", "One record per accepted bar."),
        "rejected": _channel("ticks.rejected", "Rejection", "One record per rejected bar, with the original bytes."),
        "control": _channel(
            "risk.control", "Control", "Limits of the portfolio. The newest record of each key counts.", _COMPACTED
        ),
        "portfolio": _channel("portfolio", "Portfolio", "One record per step of the portfolio's risk.", partitions=1),
        "audit": _channel("audit", "Audit", "What operators did, kept for ever.", partitions=1),
        "alerts": _channel("alerts", "Alert", "The newest record of each alert counts.", _COMPACTED, partitions=1),
        "deliveries": _channel(
            "alerts.deliveries", "Delivery", "What became of messages to receivers.", _COMPACTED, partitions=1
        ),
    }


def _channel(topic: str, message: str, description: str, kept: Json = _FOREVER, partitions: int = PARTITIONS) -> Json:
    binding = {
        "topic": topic,
        "partitions": partitions,
        "topicConfiguration": kept | {"max.message.bytes": MAX_MESSAGE_BYTES},
        "bindingVersion": BINDING,
    }
    return {
        "address": topic,
        "description": description,
        "messages": {message.lower(): _ref("components", "messages", message)},
        "bindings": {"kafka": binding},
    }


def _operations() -> Json:
    read = {"groupId": {"type": "string", "default": GROUP}, "clientId": {"type": "string", "default": CLIENT}}
    write = {"clientId": {"type": "string", "default": CLIENT}}
    return {
        "readTicks": _operation("receive", "ticks", "tick", read),
        "writeDecisions": _operation("send", "decisions", "decision", write),
        "writeRejections": _operation("send", "rejected", "rejection", write),
        "readControl": _operation("receive", "control", "control", {"clientId": write["clientId"]}),
        "writeControl": _operation("send", "control", "control", write),
        "writePortfolio": _operation("send", "portfolio", "portfolio", write),
        "writeAudit": _operation("send", "audit", "audit", write),
        "writeAlerts": _operation("send", "alerts", "alert", write),
        "writeDeliveries": _operation("send", "deliveries", "delivery", write),
        "readAudit": _operation("receive", "audit", "audit", {"clientId": write["clientId"]}),
    }


def _operation(action: str, channel: str, message: str, binding: Json) -> Json:
    return {
        "action": action,
        "channel": _ref("channels", channel),
        "messages": [_ref("channels", channel, "messages", message)],
        "bindings": {"kafka": binding | {"bindingVersion": BINDING}},
    }


def _messages() -> Json:
    symbol = {"type": "string", "description": "the symbol, UTF-8"}
    limited = {"type": "string", "description": "the symbol, `*` for all symbols, `* model`, or `* strategy NAME`"}
    delivered = {"type": "string", "description": "<message id>/<receiver>"}
    original = {"type": "string", "description": "the input record's key, byte for byte; it may be null"}
    return {
        "Tick": _message("Tick", {}, [], symbol, "JSON, or MessagePack (recognised by its first byte)."),
        "Decision": _message("Decision", _COMMON | _DECISION, [*_COMMON, *_DECISION], symbol, "JSON."),
        "Control": _message("Control", _MONITOR, [], limited, "JSON."),
        "Portfolio": _message("Portfolio", _PORTFOLIO, [*_PORTFOLIO], {"const": "*"}, "JSON."),
        "Audit": _message("Audit", {}, [], {"type": "string", "description": "what it is about"}, "JSON."),
        "Alert": _message("Alert", _ALERT, [*_ALERT], {"type": "string", "description": "the fingerprint"}, "JSON."),
        "Delivery": _message("Delivery", {}, [], delivered, "JSON. Under the key `message/<id>` stands a Message."),
        "Rejection": _message("Rejection", _COMMON | _REJECTION, [*_COMMON, *_REJECTION], original, "JSON."),
    }


def _message(name: str, headers: Json, required: list[str], key: Json, summary: str) -> Json:
    header_schema: Json = {"type": "object", "properties": headers | _TRACE, "required": required}
    return {
        "name": name,
        "title": name,
        "summary": summary,
        "contentType": "application/json",
        "headers": header_schema,
        "payload": {"schemaFormat": FORMAT, "schema": _ref("components", "schemas", name)},
        "bindings": {"kafka": {"key": key, "bindingVersion": BINDING}},
    }


def _ref(*path: str) -> Json:
    return {"$ref": "#/" + "/".join(path)}
