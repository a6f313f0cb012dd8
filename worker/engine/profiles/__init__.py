"""Defaults by asset class: starting values for equities, crypto pairs, currency pairs and futures."""

from __future__ import annotations

from worker.engine.profiles.resolve import Asset, resolve
from worker.engine.profiles.table import EQUITY, NAMES, PROFILED, PROFILES, Name, Profile, either, rows

__all__ = ["EQUITY", "NAMES", "PROFILED", "PROFILES", "Asset", "Name", "Profile", "either", "resolve", "rows"]
