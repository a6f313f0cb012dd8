"""JSON Schema 2020-12 of each topic's value, made from the structs."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas import SCHEMA_VERSION
from schemas.alert import Alert
from schemas.audit import Audit
from schemas.control import Control
from schemas.decision import Decision
from schemas.delivery import Delivery, Message
from schemas.portfolio import Portfolio
from schemas.rejection import Rejection
from schemas.state import SnapshotEnvelope
from schemas.tick import END, REQUIRED, Tick

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLES: dict[str, tuple[type[msgspec.Struct], str]] = {
    "tick": (Tick, "Value of ticks.raw: one OHLCV bar"),
    "decision": (Decision, "Value of decisions: what the engine decided at one accepted bar"),
    "rejection": (Rejection, "Value of ticks.rejected: why one input record became no decision"),
    "control": (Control, "Value of risk.control: limits for a symbol or for all symbols"),
    "portfolio": (Portfolio, "Value of portfolio: figures and limits of all symbols at one step"),
    "audit": (Audit, "Value of audit: what an operator did"),
    "alert": (Alert, "Value of alerts: what a rule found about one set of labels"),
    "message": (Message, "Value of alerts.deliveries under message/<id>: what is told to receivers"),
    "delivery": (Delivery, "Value of alerts.deliveries: what became of a message to one receiver"),
    "snapshot": (SnapshotEnvelope, "Value of worker.state.<group>: one symbol's state, as MessagePack"),
}
NAMES = tuple(TITLES)


def components(template: str) -> dict[str, dict[str, Any]]:
    """Return the definitions of all structs by name; `template` is the form of a reference, with {name}."""
    _, found = msgspec.json.schema_components([struct for struct, _ in TITLES.values()], ref_template=template)
    found["Tick"] = _tick(found["Tick"])
    return found


def json_schema(name: str) -> dict[str, Any]:
    """Return the schema of one topic's value; `name` is one of NAMES."""
    struct, title = TITLES[name]
    schema = msgspec.json.schema(struct, ref_template="#/$defs/{name}")
    definitions: dict[str, Any] = schema["$defs"]
    own: dict[str, Any] = definitions.pop(struct.__name__)
    if struct is Tick:
        own = _tick(own)
    head = {"$schema": DIALECT, "$id": f"urn:alphapulse:schema:{name}:v{SCHEMA_VERSION}"}
    rest = {"$defs": dict(sorted(definitions.items()))} if definitions else {}
    return head | own | {"title": title} | rest


def _tick(schema: dict[str, Any]) -> dict[str, Any]:
    """Add a bar's required fields. The struct makes all optional, so that a rejection can name the missing ones."""
    properties = {name: _tidy(field, name in REQUIRED) for name, field in schema["properties"].items()}
    return schema | {"properties": properties, "required": list(REQUIRED)}


def _tidy(field: dict[str, Any], required: bool) -> dict[str, Any]:
    parts = [_plain(part) for part in field["anyOf"] if not required or part != {"type": "null"}]
    return parts[0] if len(parts) == 1 else {"anyOf": parts}


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    # In ECMA 262, JSON Schema's dialect, `$` never matches before a line break.
    return part | {"pattern": part["pattern"].removesuffix(END) + "$"} if "pattern" in part else part
