"""Acts on the limits of a key: set them, close all positions, remove them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas import Control
from schemas.audit import Action
from schemas.control import MODEL_KEY, STRATEGY_KEY
from worker.errors import ConfigError
from worker.operate.acts.intent import Conflict, Intent
from worker.operate.controls import Entry, changed, check_key

ANY = -1  # version: whatever record the key has, or none
NEW = 0  # version: the key has no record
EXISTING = -2  # version: the key has some record


def set_limits(key: str, effective_ts: int, fields: Mapping[str, Any], reason: str, version: int = ANY) -> Intent:
    """Return the act that changes `fields` of the newest record; the others keep their values.

    Raises:
        ConfigError: the key is no symbol and not `*`.
    """
    check_key(key)
    given = dict(fields) | ({"reason": reason} if reason else {})

    def follow(found: Entry | None) -> Control:
        _check_version(key, found, version)
        return changed(found and found.control, key, effective_ts, given)

    return Intent("kill" if fields.get("kill") == "close_all" else "set_limits", key, reason, follow)


def remove(key: str, reason: str, version: int = ANY) -> Intent:
    """Return the act that removes the record of a symbol, of `*`, or a switch; there must be one."""

    def follow(found: Entry | None) -> None:
        if found is None and version == ANY:
            raise ConfigError(
                f"there is no record of {key!r}: nothing was removed",
                "`alphapulse control show` lists the keys with a record",
            )
        _check_version(key, found, version)

    return Intent(_switching(key) or "remove_limits", key, reason, follow)


def withdraw_switch(key: str, reason: str) -> Intent:
    """Return the act that removes a switch of the model or of a strategy, if there is one."""
    return Intent(_switching(key) or "remove_limits", key, reason, lambda found: None)


def switch(key: str, effective_ts: int, fields: Mapping[str, Any], reason: str, before: Entry | None) -> Intent:
    """Return the act that switches the model or the strategy; `before` is the record for which it was checked."""
    given = dict(fields) | {"reason": reason}

    def follow(found: Entry | None) -> Control:
        if key.startswith(STRATEGY_KEY) and (found and found.control) != (before and before.control):
            raise Conflict("another switch of the strategy was published meanwhile", "Look at it, then try again")
        return changed(found and found.control, key, effective_ts, given)

    return Intent(_switching(key) or "set_limits", key, reason, follow)


def _switching(key: str) -> Action | None:
    if key == MODEL_KEY:
        return "switch_model"
    return "switch_strategy" if key.startswith(STRATEGY_KEY) else None


def _check_version(key: str, found: Entry | None, version: int) -> None:
    has = NEW if found is None else found.control.version
    if version == EXISTING and found is not None:
        return
    if version not in (ANY, has):
        told = "has no record" if has == NEW else f"has version {has}"
        named = {NEW: "expects none", EXISTING: "expects one"}
        wanted = named.get(version, f"expects version {version}")
        raise Conflict(f"{key!r} {told}, and the request {wanted}", "Read its limits again, then decide anew")
