"""Workers and the monitor of their portfolio's risk, on topics of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from worker.demo.fleet import STOP_SECONDS, Fleet
from worker.demo.member import Member
from worker.errors import AlphapulseError
from worker.risk.settings import RiskSettings
from worker.settings import Settings

SAMPLE = 0.1  # seconds between looks at starting processes
# The loss of the day is to act alone: the other limits are wide.
WIDE: Mapping[str, float | str] = {
    **dict.fromkeys(("max_gross", "max_net", "max_symbol", "max_group", "max_cluster"), 100.0),
    **dict.fromkeys(("max_var99", "max_es99"), 1.0),
    "drawdown_soft": 0.98,
    "drawdown_hard": 0.99,
    "max_turnover": 10_000.0,
    # In the demo a minute lasts milliseconds: limits of two minutes ago would be too old.
    "repeat_seconds": 1,
}
RISK = RiskSettings.model_validate(WIDE)  # capital and the day's limits are the defaults


def beside(settings: Settings, name: str = "crash", risk: RiskSettings = RISK) -> Settings:
    """Return the settings of a fleet on the same broker with other names."""
    topics = settings.topics.model_copy(update={"prefix": f"{settings.topics.prefix}{name}."})
    processing = settings.processing.model_copy(update={"group": f"{settings.processing.group}-{name}"})
    risk = risk.model_copy(update={"name": processing.group})
    return settings.model_copy(update={"topics": topics, "processing": processing, "risk": risk})


def variables(risk: RiskSettings) -> dict[str, str]:
    """Return the environment of a monitor with these settings, whatever the user's own ones say."""
    given = risk.model_dump(exclude={"fx"}, exclude_none=True)
    return {f"ALPHAPULSE_RISK__{name.upper()}": str(value) for name, value in given.items()}


class Watched(Fleet):
    """A fleet that a risk monitor watches."""

    def __init__(self, settings: Settings, folder: Path, workers: int = 2) -> None:
        folder.mkdir()
        super().__init__(settings, folder)
        self._workers = workers
        self.monitor: Member | None = None

    def start_all(self) -> Member:
        """Start the workers and the monitor; return the monitor."""
        for _ in range(self._workers):
            self.start_one()
        environment = self.environment() | variables(self.settings.risk)
        self.monitor = Member("monitor", self.arguments(), environment, self.folder, ("worker", "risk"))
        return self.monitor

    def settled(self) -> bool:
        """Return whether the workers share the partitions, and the monitor takes steps."""
        return super().settled() and self.monitor is not None and self.monitor.ready

    async def look(self) -> None:
        """Refresh what is known of each.

        Raises:
            AlphapulseError: one ended by itself.
        """
        await super().look()
        if self.monitor is not None:
            await self.monitor.look()
            if self.monitor.alive and self.monitor.ended:
                raise AlphapulseError(
                    "the risk monitor ended by itself", f"the end of its log:\n{self.monitor.log_tail()}"
                )

    async def until_settled(self, seconds: float) -> None:
        """Wait until all of it works.

        Raises:
            AlphapulseError: it does not within `seconds`, or one ended by itself.
        """
        deadline = time.monotonic() + seconds
        while not self.settled():
            if time.monotonic() >= deadline:
                raise AlphapulseError(
                    f"the workers and their monitor did not start within {seconds:.0f} s", self.logs()
                )
            await asyncio.sleep(SAMPLE)
            await self.look()

    def logs(self) -> str:
        """Return the ends of all logs."""
        return super().logs() + ("" if self.monitor is None else f"\nmonitor: {self.monitor.log_tail(2)}")

    async def stop(self) -> None:
        """Drain the workers, then stop the monitor.

        Raises:
            AlphapulseError: one did not end in time.
        """
        await super().stop()
        if self.monitor is not None:
            self.monitor.ask_to_stop()
            if not await asyncio.to_thread(self.monitor.wait, STOP_SECONDS):
                raise AlphapulseError(
                    "the risk monitor did not stop", f"the end of its log:\n{self.monitor.log_tail()}"
                )

    def close(self) -> None:
        """Kill what still runs."""
        super().close()
        if self.monitor is not None:
            self.monitor.close()
