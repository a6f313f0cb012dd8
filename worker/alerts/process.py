"""One process of the alerts: the rules as the duty of a team's leader."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from worker.alerts import preflight
from worker.alerts.delivery.addresses import addresses
from worker.alerts.loading import load_plan
from worker.alerts.owner import Means, Owner
from worker.alerts.restoring import recreated
from worker.errors import ConfigError, Exit
from worker.kafka.protocol.offsets import Membership
from worker.leading.copy import StateCopy
from worker.leading.process import Checked, LeaderProcess
from worker.leading.team import Team
from worker.settings import Settings
from worker.telemetry.metrics import METRICS
from worker.version import __version__


class Alerting:
    """The duty of the alerts' owner."""

    def __init__(self, settings: Settings, team: Team) -> None:
        """Read the file of alerts.

        Raises:
            ConfigError: something in it does not fit.
        """
        self._settings, self._team = settings, team
        self._plan = load_plan(settings)
        addresses(self._plan, lambda _: ())  # refused here, not by the first owner
        self._checked: preflight.Checked

    @property
    def config_hash(self) -> str:
        """Hash of rules and routes."""
        return self._plan.digest

    async def preflight(self) -> Checked:
        """Check the brokers and topics.

        Raises:
            AlphapulseError: a check failed.
        """
        self._checked = await preflight.preflight(self._settings)
        own = (self._settings.topics.alarms, self._settings.alerts_state_topic, self._settings.topics.messages)
        return Checked(self._checked.options, (*own, *self._checked.sources.topics.values()))

    def warm_up(self) -> None:
        """Nothing is compiled."""

    def new_owner(self, copy: StateCopy, member: Callable[[], Membership]) -> Owner:
        """Return a new ownership of the alerts."""
        checked = self._checked
        means = Means(checked.options, checked.batch_bytes, checked.sources, self._plan, member)
        return Owner(self._settings, self._team, means, copy)

    def recreated(self, topic: str, settings: Settings) -> ConfigError:
        """Return the error to stop with when a topic was recreated."""
        return recreated(topic, settings)

    def facts(self) -> dict[str, Any]:
        """Return the facts of this process that `alerts --json` prints."""
        settings = self._settings
        return {
            "pid": os.getpid(),
            "version": __version__,
            "config_hash": self.config_hash,
            "bootstrap_servers": settings.kafka.bootstrap_servers,
            "group": settings.alerts_group,
            "sources": self._checked.sources.topics,
            "rules": len(self._plan.rules),
            "receivers": list(self._plan.receivers),
        }


class AlertsProcess:
    """A member of the alerts' group. `run` returns after a requested stop, with no transaction open."""

    def __init__(self, settings: Settings, started: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Create the process; `started` is called with its facts just before it joins the group.

        Raises:
            ConfigError: the file of alerts does not fit.
        """
        team = Team("the alerts", settings.alerts_group, settings.alerts_state_topic, METRICS.alerts_owner)
        self._process = LeaderProcess(settings, team, Alerting(settings, team), started)

    async def run(self) -> Exit:
        """Work until SIGTERM or SIGINT.

        Raises:
            AlphapulseError: as `LeaderProcess.run`.
        """
        return await self._process.run()
