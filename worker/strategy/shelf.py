"""The strategies that one process may run: the configured one, and the candidates that a switch may name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.control import STRATEGY_KEY, StrategySwitch
from worker.engine.output.voices import Voices
from worker.engine.settings import EngineSettings
from worker.engine.strategy.hooked import Chosen
from worker.errors import ConfigError, SettingRefused
from worker.strategy.describing.columns import extra_columns
from worker.strategy.describing.definition import Definition, define
from worker.strategy.describing.source import Source, from_file
from worker.strategy.errors import StrategyRefused
from worker.strategy.loading import check_extra, defined, filled_with, run, watched
from worker.strategy.running.compiled import Compiled
from worker.strategy.running.interpreted import Interpreted

WITHDRAW = "`alphapulse control strategy --configured` withdraws the switch"


class Shelf:
    """Sources by digest. Only what the configuration names is imported: a switch chooses among them.

    `voices` are the settings of the strategies that were switched to, for all engines of the process.
    """

    def __init__(self, engine: EngineSettings) -> None:
        """Load the sources.

        Raises:
            StrategyRefused: one of them can't be loaded, reads an extra column that is not configured, or none is
                configured.
            SettingRefused: a parameter is unknown or out of its range.
        """
        configured = defined(engine)
        if configured is None:
            raise StrategyRefused("no strategy is configured", "Set engine.strategy.file or engine.strategy.name")
        self.configured = configured
        self.voices = Voices(engine)
        self._engine = engine
        self._sources = {configured.source.digest: configured.source}
        for each in engine.strategy.candidates:
            source = from_file(Path(each).expanduser())
            check_extra(engine, source.name, extra_columns(source))
            self._sources.setdefault(source.digest, source)

    @property
    def sources(self) -> tuple[Source, ...]:
        """All sources, the configured one first."""
        return tuple(self._sources.values())

    @property
    def key(self) -> str:
        """Key of the control records that switch this strategy."""
        return STRATEGY_KEY + self.configured.name

    def warm_up(self) -> None:
        """Compile the candidates, or load them from the cache: workers that switch to one must not wait for that.

        Raises:
            StrategyRefused: one can't be compiled.
        """
        values = self.configured.parameters.model_dump()
        for source in self._sources.values():
            has = source.strategy.Parameters.model_fields
            try:
                found = define(source, {name: value for name, value in values.items() if name in has})
            except SettingRefused:  # it needs parameters that a switch gives
                continue
            run(found, self._engine.strategy.mode)

    def hooked(self) -> Compiled | Interpreted:
        """Return the configured strategy for one engine, ready to be asked and watched.

        Raises:
            StrategyRefused: it can't be compiled.
        """
        return watched(self._engine, self.configured)

    def find(self, switch: StrategySwitch) -> Chosen:
        """Return what a switch names for one engine, ready to be asked and watched.

        Raises:
            ConfigError: this process has not its source, or the source refuses the parameters.
        """
        try:
            found = self.define(switch.digest, switch.parameters)
            if (found.name, found.version) != (switch.name, switch.version):
                raise StrategyRefused(f"its source is {found.name} {found.version}")
            strategy = watched(self._engine, found)
        except ConfigError as error:
            fix = ". ".join(filter(None, (error.fix, WITHDRAW)))
            raise StrategyRefused(
                f"a control record switches to {switch.name} {switch.version}, and {error.message}", fix
            ) from None
        settings = filled_with(self._engine, found)
        return Chosen(strategy, found.version, self.voices.number(settings))

    def define(self, digest: str, parameters: Mapping[str, Any]) -> Definition:
        """Return a strategy by its digest, checked and not ready to run.

        Raises:
            StrategyRefused: there is none of that digest, or it is malformed.
            SettingRefused: a parameter is unknown or out of its range.
        """
        return define(self.source(digest), parameters)

    def source(self, digest: str) -> Source:
        """Return a source.

        Raises:
            StrategyRefused: the configuration names none of that digest.
        """
        if digest not in self._sources:
            raise StrategyRefused(
                f"no file that the configuration names has the sha256 {digest}",
                "Name it in engine.strategy.candidates of every worker",
            )
        return self._sources[digest]
