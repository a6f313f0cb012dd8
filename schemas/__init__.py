"""The wire contract: one msgspec struct per topic, published as JSON Schema and AsyncAPI."""

from schemas.control import Control
from schemas.decision import Decision
from schemas.portfolio import Portfolio
from schemas.rejection import Rejection
from schemas.state import SnapshotEnvelope
from schemas.tick import Tick

SCHEMA_VERSION = 1

__all__ = ["SCHEMA_VERSION", "Control", "Decision", "Portfolio", "Rejection", "SnapshotEnvelope", "Tick"]
