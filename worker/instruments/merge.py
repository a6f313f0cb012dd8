"""The engine's settings over the instruments file: what settings state explicitly wins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worker.engine.settings import EngineSettings, engine_settings
from worker.errors import SettingRefused
from worker.instruments.file import InstrumentsFile, read


def _tables(given: Any, *path: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise SettingRefused(path, "it must be a table", "dict_type")
    return dict(given)


def _under(given: Mapping[str, Any], found: InstrumentsFile) -> dict[str, Any]:
    instruments = {symbol: each.model_dump(exclude_unset=True) for symbol, each in found.instruments.items()}
    for symbol, fields in _tables(given.get("instruments", {}), "engine", "instruments").items():
        instruments[symbol] = instruments.get(symbol, {}) | _tables(fields, "engine", "instruments", symbol)
    validation = _tables(given.get("validation", {}), "engine", "validation")
    calendars = {name: each.model_dump() for name, each in found.calendars.items()}
    calendars |= _tables(validation.get("calendars", {}), "engine", "validation", "calendars")
    return {
        "instruments_version": found.version,
        **given,
        "instruments": instruments,
        "validation": validation | {"calendars": calendars},
    }


def load_engine(given: Mapping[str, Any]) -> EngineSettings:
    """Build the `engine` section of the settings, with `instruments_file` read if it names one.

    An instrument is merged field by field, a calendar is taken whole.

    Raises:
        ConfigError: a name or a value does not fit, or the file cannot be read.
    """
    path = given.get("instruments_file")
    return engine_settings(_under(given, read(Path(str(path)))) if path else given)
