"""Decisions as JSON straight from output rows: the bytes of msgspec, without per-row Python objects."""

from __future__ import annotations

from worker.engine.output.encoding.encoder import DecisionEncoder, EncodedLines

__all__ = ["DecisionEncoder", "EncodedLines"]
