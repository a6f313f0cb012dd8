"""The limits of one control record, and which of two is the stricter."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from schemas.control import Control, CorporateAction


class Limits(msgspec.Struct, frozen=True, array_like=True):
    """What a control record limits; the defaults limit nothing."""

    risk_mult: float = 1.0
    max_notional: float | None = None
    allow_open: bool = True
    kill: Literal["none", "close_all"] = "none"
    corp_action: CorporateAction | None = None


NONE = Limits()


def of(control: Control) -> Limits:
    """Return the limits of a control record."""
    return Limits(control.risk_mult, control.max_notional, control.allow_open, control.kill, control.corp_action)


def has_limits(key: str) -> bool:
    """Return whether records of a key limit anything: no symbol contains a blank, the key of a switch does."""
    return " " not in key


def only_carries_action(control: Control) -> bool:
    """Return whether a record tells a corporate action and limits nothing."""
    return control.corp_action is not None and control.limits_nothing


def limits_nothing(limits: Limits) -> bool:
    """Return whether limits have their defaults; a corporate action is none."""
    return msgspec.structs.replace(limits, corp_action=None) == NONE


def fields(limits: Limits) -> dict[str, Any]:
    """Return what limits, as a control record states it: defaults are left out."""
    return {name: value for name, value in msgspec.structs.asdict(limits).items() if value != getattr(NONE, name)}


def stricter(one: Limits, other: Limits) -> Limits:
    """Return the stricter value of each field; a corporate action is the first's, else the other's."""
    notionals = [limits.max_notional for limits in (one, other) if limits.max_notional is not None]
    return Limits(
        min(one.risk_mult, other.risk_mult),
        min(notionals, default=None),
        one.allow_open and other.allow_open,
        "close_all" if "close_all" in (one.kill, other.kill) else "none",
        one.corp_action or other.corp_action,
    )
