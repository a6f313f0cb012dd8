"""What a strategy is, for people: parameters, indicators with their warm-up, state."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from worker.engine.strategy.indicators.kind import ENDLESS
from worker.engine.strategy.plan import known, settled
from worker.strategy.declaring.fields import NOTHING
from worker.strategy.describing.definition import Definition

DAY_MS = 86_400_000
UNITS = ((DAY_MS, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"))


def summary(found: Definition) -> dict[str, Any]:
    """Return plain values. Bars are those of the indicator's timeframe; `settled` is None for an endless memory."""
    values, fields = found.parameters.model_dump(), () if found.own == NOTHING else found.own.names or ()
    return {
        "name": found.name,
        "version": found.version,
        "digest": found.source.digest,
        "tags": list(found.tags),
        "notes": list(found.notes),
        "parameters": [
            {
                "name": name,
                "value": values[name],
                "default": None if field.is_required() else field.get_default(),
                "range": _range(field),
                "meaning": field.description,
            }
            for name, field in type(found.parameters).model_fields.items()
        ],
        "indicators": [
            {
                "name": name,
                "timeframe": length(indicator.series.timeframe),
                "warm_up": known(indicator.series),
                "settled": None if (bars := settled(indicator.series)) == ENDLESS else bars,
                "optional": indicator.optional,
            }
            for name, indicator in found.indicators.items()
        ],
        "values": [] if found.rolling is None else list(found.rolling.published),
        "extra": list(found.extra),
        "state": [{"name": name, "kind": str(found.own[name])} for name in fields],
        "bytes": {"state": found.own.itemsize, "indicators": 8 * found.words},
    }


def _range(field: FieldInfo) -> str | None:
    """Return what a parameter may be, in words; None where its kind alone says."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(map(str, get_args(field.annotation)))
    told = [
        f"{sign} {getattr(rule, name):,}"
        for rule in field.metadata
        for name, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤"))
        if getattr(rule, name, None) is not None
    ]
    return ", ".join(told) or None


def length(timeframe: int) -> str | None:
    """Return a timeframe in ms as it is written, 4h; None for 0."""
    unit = next((each for each in UNITS if timeframe and timeframe % each[0] == 0), None)
    return None if unit is None else f"{timeframe // unit[0]}{unit[1]}"
