"""One process of the portfolio's risk: the monitor as the duty of a team's leader."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from worker.engine.settings import ENGINE_VERSION
from worker.errors import ConfigError, Exit
from worker.kafka.protocol.offsets import Membership
from worker.leading.copy import StateCopy
from worker.leading.process import Checked, LeaderProcess
from worker.leading.team import Team
from worker.monitoring import preflight
from worker.monitoring.owner import Means, Owner
from worker.monitoring.restoring import recreated
from worker.monitoring.warm import warm_up
from worker.settings import Settings, load_engine_of
from worker.telemetry.metrics import METRICS
from worker.version import __version__


class Monitoring:
    """The duty of the portfolio's owner."""

    def __init__(self, settings: Settings, team: Team, rebuild: bool) -> None:
        self._settings, self._team, self._rebuild = settings, team, rebuild
        self._engine = load_engine_of(settings, fill=False)
        self._checked: preflight.Checked

    @property
    def config_hash(self) -> str:
        """Hash of the engine's settings."""
        return self._engine.config_hash()

    async def preflight(self) -> Checked:
        """Check the brokers and topics.

        Raises:
            AlphapulseError: a check failed.
        """
        self._checked = await preflight.preflight(self._settings)
        return Checked(self._checked.options, self._settings.risk_topics)

    def warm_up(self) -> None:
        """Compile the kernels."""
        warm_up()

    def new_owner(self, copy: StateCopy, member: Callable[[], Membership]) -> Owner:
        """Return a new ownership of the portfolio."""
        checked = self._checked
        means = Means(checked.options, checked.batch_bytes, checked.sources, member, self._rebuild)
        return Owner(self._settings, self._team, self._engine, means, copy)

    def recreated(self, topic: str, settings: Settings) -> ConfigError:
        """Return the error to stop with when a topic was recreated."""
        return recreated(topic, settings)

    def facts(self) -> dict[str, Any]:
        """Return the facts of this process that `risk --json` prints."""
        settings = self._settings
        return {
            "pid": os.getpid(),
            "version": __version__,
            "engine_version": ENGINE_VERSION,
            "config_hash": self.config_hash,
            "bootstrap_servers": settings.kafka.bootstrap_servers,
            "name": settings.risk_name,
            "group": settings.risk_group,
            "decisions": settings.topics.output,
            "partitions": self._checked.sources.decisions,
        }


class RiskProcess:
    """A member of the monitor's group. `run` returns after a requested stop, with no transaction open."""

    def __init__(
        self, settings: Settings, rebuild: bool = False, started: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        """Create the process; `started` is called with its facts just before it joins the group."""
        settings = settings.model_copy(
            update={"risk": settings.risk.model_copy(update={"name": settings.risk_name})}  # the group's may change
        )
        team = Team("the portfolio", settings.risk_group, settings.risk_state_topic, METRICS.risk_owner)
        self._process = LeaderProcess(settings, team, Monitoring(settings, team, rebuild), started)

    async def run(self) -> Exit:
        """Work until SIGTERM or SIGINT.

        Raises:
            AlphapulseError: as `LeaderProcess.run`.
        """
        return await self._process.run()
