"""Instruments and trading sessions from one versioned file, and the engine's settings with them."""

from __future__ import annotations

from worker.instruments.merge import load_engine

__all__ = ["load_engine"]
