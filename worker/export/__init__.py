"""Decisions and rejections as tables: Parquet, Arrow and CSV files, and pyarrow tables."""

from __future__ import annotations

from worker.export.read import read_decisions

__all__ = ["read_decisions"]
