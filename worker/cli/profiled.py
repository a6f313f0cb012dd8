"""Values that profiles supply, for `alphapulse config`: the effective value and its profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worker.engine.settings import EngineSettings

Rows = dict[str, tuple[Any, str]]


def profiled(engine: EngineSettings, symbol: str | None) -> Rows:
    """Return rows (value, source) of the settings that are not given and that a profile supplies.

    With a symbol they are its effective values, and its profile. Without one, under `auto`, there is a value per class.
    """
    from worker.engine.profiles import PROFILED

    rows: Rows = {}
    if symbol is not None:
        asset = engine.asset_of(symbol)
        quote = f", quote {asset.quote}" if asset.quote else ""
        rows[f"profile of {symbol}"] = asset.profile, f"{asset.why}{quote}"
    for section, names in PROFILED.items():
        for name in names:
            if getattr(getattr(engine, section), name) is None:
                rows[f"engine.{section}.{name}"] = _of(engine, name, symbol)
    return rows


def _of(engine: EngineSettings, name: str, symbol: str | None) -> tuple[Any, str]:
    from worker.engine.profiles import PROFILES

    if symbol is not None:
        asset = engine.asset_of(symbol)
        return getattr(asset.defaults, name), f"profile {asset.profile}"
    if engine.profile != "auto":
        return getattr(PROFILES[engine.profile], name), f"profile {engine.profile}"
    values = {key: getattr(profile, name) for key, profile in PROFILES.items()}
    if len(set(values.values())) == 1:
        return next(iter(values.values())), "every profile"
    return values, "profile of the symbol (--symbol shows one)"
