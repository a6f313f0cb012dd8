"""Strategies as answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from schemas.control import STRATEGY_KEY, StrategySwitch
from worker.errors import ConfigError
from worker.gateway.gateway import Gateway
from worker.gateway.log.operated.origins import control_of
from worker.gateway.resources.switches import (
    ParameterField,
    Strategies,
    StrategyChoice,
    StrategySource,
    StrategySwitched,
)
from worker.operate.controls import Entry

if TYPE_CHECKING:
    from worker.strategy.describing.definition import Definition
    from worker.strategy.describing.source import Source
    from worker.strategy.shelf import Shelf


async def strategies(gateway: Gateway) -> Strategies:
    """Return all strategies."""
    try:
        found = (await asyncio.to_thread(gateway.sources.load)).shelf
    except ConfigError as error:
        none_configured = not gateway.engine.strategy.configured
        return Strategies(None, None, None, [], _history(gateway, ""), None if none_configured else error.message)
    before = newest(gateway, found.key)
    switch = None if before is None else before.control.strategy
    return Strategies(
        _of(found.configured),
        _of(found.configured) if switch is None else _choice(switch),
        None if before is None else before.control.version,
        await asyncio.to_thread(_sources, found),
        _history(gateway, found.configured.name),
        None,
    )


def newest(gateway: Gateway, key: str) -> Entry | None:
    """Return the newest switch of a strategy, as far as the gateway has read."""
    entry = gateway.logs.controls.of(key)
    control = control_of(entry, key)
    return None if entry is None or control is None else Entry(control, entry.timestamp)


def _history(gateway: Gateway, name: str) -> list[StrategySwitched]:
    return [
        StrategySwitched(
            act.ts,
            act.who,
            None if act.before is None else _choice(act.before.strategy),
            None if act.after is None else _choice(act.after.strategy),
            act.reason,
            act.id,
        )
        for act in gateway.logs.acts.of(STRATEGY_KEY + name)
    ]


def _choice(switch: StrategySwitch | None) -> StrategyChoice | None:
    return None if switch is None else StrategyChoice(switch.name, switch.version, switch.digest, switch.parameters)


def _of(found: Definition) -> StrategyChoice:
    return StrategyChoice(found.name, found.version, found.source.digest, found.parameters.model_dump(mode="json"))


def _sources(found: Shelf) -> list[StrategySource]:
    return [_source(found, source) for source in found.sources]


def _source(found: Shelf, source: Source) -> StrategySource:
    from worker.strategy.describing.summary import summary

    configured = source.digest == found.configured.source.digest
    try:
        has = source.strategy.Parameters.model_fields
        values = found.configured.parameters.model_dump()
        one = found.define(source.digest, {name: value for name, value in values.items() if name in has})
    except ConfigError as error:  # it needs parameters that a switch gives
        return StrategySource(source.name, None, source.digest, source.file.name, configured, [], error.message)
    told = [ParameterField(**field) for field in summary(one)["parameters"]]
    return StrategySource(one.name, one.version, source.digest, source.file.name, configured, told, None)
