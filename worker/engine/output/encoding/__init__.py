"""Decisions as JSON straight from output rows: the bytes that msgspec writes, without a Python object a row."""

from __future__ import annotations

from worker.engine.output.encoding.encoder import DecisionEncoder, EncodedLines

__all__ = ["DecisionEncoder", "EncodedLines"]
