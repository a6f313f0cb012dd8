"""What a switch of a strategy may be: it is checked before it is published, since a worker that can't follow stops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.control import StrategySwitch
from worker.configured_strategy import shelf
from worker.engine.history import CAPACITY
from worker.engine.settings import EngineSettings
from worker.engine.state.own import adopt
from worker.engine.strategy.parts import parts
from worker.engine.strategy.plan import known
from worker.errors import ConfigError
from worker.strategy.describing.definition import Definition
from worker.strategy.describing.source import from_file
from worker.strategy.errors import StrategyRefused, raised
from worker.strategy.loading import run
from worker.strategy.shelf import Shelf


def shelf_of(engine: EngineSettings) -> Shelf:
    """Return the strategies that the workers of these settings may run.

    Raises:
        ConfigError: none is configured, or one of them is refused.
    """
    found = shelf(engine)
    if found is None:
        raise ConfigError(
            "no strategy is configured: there is none to switch", "Set engine.strategy.file, as for workers"
        )
    return found


def switch_to(
    shelf: Shelf,
    engine: EngineSettings,
    before: StrategySwitch | None,
    file: Path | None,
    given: Mapping[str, Any],
    wait: bool,
) -> StrategySwitch:
    """Return the switch to a file, as `switch_to_source` to its digest."""
    digest = None if file is None else from_file(file.expanduser()).digest
    return switch_to_source(shelf, engine, before, digest, given, wait)


def switch_to_source(
    shelf: Shelf,
    engine: EngineSettings,
    before: StrategySwitch | None,
    digest: str | None,
    given: Mapping[str, Any],
    wait: bool,
) -> StrategySwitch:
    """Return the switch to a source, or to what is in force, with the parameters that are `given`.

    The others keep the values of `before`, the newest switch, or of the configuration, as far as the file has them.

    Raises:
        ConfigError: workers would refuse it, state would be lost, or indicators need more bars than workers have.
    """
    now = in_force(shelf, before)
    source = now.source if digest is None else shelf.source(digest)
    has = source.strategy.Parameters.model_fields
    kept = {name: value for name, value in now.parameters.model_dump().items() if name in has}
    wanted = shelf.define(source.digest, kept | dict(given))
    if wanted.name != shelf.configured.name:
        raise StrategyRefused(
            f"{source.name} is the strategy {wanted.name}, not {shelf.configured.name}", "Restart for it"
        )
    if source.digest != shelf.configured.source.digest:
        run(wanted, engine.strategy.mode)
    check_state(shelf, engine, (now, shelf.configured), wanted)
    late = list(_late(now, wanted))
    if late and not wait:
        raise ConfigError(
            f"workers have the last {CAPACITY} bars of a symbol, which don't suffice for {', '.join(late)}: "
            "the strategy would not be asked until they are known",
            "Give --wait if positions may stand with their stops until then, or restart the workers with new settings",
        )
    return StrategySwitch(wanted.name, wanted.version, source.digest, wanted.parameters.model_dump())


def in_force(shelf: Shelf, switch: StrategySwitch | None) -> Definition:
    """Return what a switch names; the configured strategy where workers have stopped at it, as this process would."""
    try:
        return shelf.configured if switch is None else shelf.define(switch.digest, switch.parameters)
    except ConfigError:
        return shelf.configured


def check_state(shelf: Shelf, engine: EngineSettings, before: tuple[Definition, ...], wanted: Definition) -> None:
    """Refuse a strategy that does not say what becomes of the state of those before it.

    Raises:
        ConfigError: it does not.
    """
    if engine.strategy.on_state_change == "reset":
        return
    migrate = getattr(wanted.source.strategy, "migrate", None)
    for each in before:
        try:
            adopt(bytes(each.own.itemsize), each.own, wanted.own, lambda old: None if migrate is None else migrate(old))
        except ConfigError:
            raise
        except Exception as error:
            raise raised(wanted.source.name, "can't migrate a state", error, wanted.source.file) from None


def _late(now: Definition, wanted: Definition) -> Iterator[str]:
    """Yield what a worker's bars of a symbol may not suffice for."""
    has = {part.fingerprint for part in parts(now.plan)}
    lengths = wanted.plan.timeframes["length"].tolist()
    begun = {length for length, part in zip(lengths, parts(wanted.plan), strict=True) if part.fingerprint not in has}
    for name, indicator in wanted.indicators.items():
        series = indicator.series
        if series.timeframe not in begun or indicator.optional:
            continue
        if series.timeframe:
            yield f"{name} (of a longer timeframe)"
        elif known(series) > CAPACITY:
            yield f"{name} ({known(series)} bars)"
    same = now.plan.fingerprint == wanted.plan.fingerprint and now.record.tobytes() == wanted.record.tobytes()
    if wanted.rolling is not None and not (same and now.rolling and now.rolling.digest == wanted.rolling.digest):
        yield "what its observe keeps"
