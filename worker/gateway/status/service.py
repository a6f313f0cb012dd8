"""The service that says how trading does."""

from __future__ import annotations

import asyncio
import logging
import time

import msgspec

from schemas.control import ALL_KEY
from worker.gateway.fleet.service import RATE, Fleet
from worker.gateway.fleet.view import View
from worker.gateway.log.logs import Logs
from worker.gateway.resources.status import Covers, Status, StatusHistory
from worker.gateway.status.facts import Facts, Restoring
from worker.gateway.status.history import EVERY, History
from worker.gateway.status.judge import judge
from worker.gateway.status.portfolio import Figures, Newest
from worker.settings import Settings

log = logging.getLogger(__name__)
LONG, SHORT = 599, 59  # seconds of the share of rejections
GROWS = 15.0  # seconds between the two lags that are compared


class _Kill(msgspec.Struct):
    kill: str = "none"


_kill = msgspec.json.Decoder(_Kill).decode


class StatusService:
    """Derives the status from the fleet and the topics; keeps its last minutes."""

    def __init__(self, settings: Settings, fleet: Fleet, logs: Logs) -> None:
        self._settings, self._fleet, self._logs = settings, fleet, logs
        self._portfolio = Newest()
        self._history = History()
        self._lags: list[tuple[float, int]] = []
        self._task: asyncio.Task[None] | None = None
        risk = settings.risk
        self._limits = {"gross": risk.max_gross, "net": risk.max_net, "var99": risk.max_var99, "es99": risk.max_es99}

    async def start(self) -> None:
        """Begin to keep points."""
        self._task = asyncio.create_task(self._keep(), name="status")

    async def stop(self) -> None:
        """Keep no more points."""
        if self._task:
            self._task.cancel()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                self._history.add(self.now(), self._rejected_share(SHORT)[0])
            except Exception:
                log.exception("the status could not be told")

    def history(self) -> StatusHistory:
        """Return the last minutes."""
        return self._history.columns()

    def now(self) -> Status:
        """Return the status of now."""
        fleet, figures = self._fleet, self._portfolio.of(self._logs.portfolio)
        facts = self._facts(fleet.view(), figures)
        said = judge(facts)
        share = facts.rejected_share
        age = fleet.age_s
        return Status(
            said[0].level,
            said[0].sentence if len(said) == 1 else f"{said[0].sentence} (and {len(said) - 1} more)",
            said[0].advice,
            [one for one in said if one.level != "ok"],
            round(facts.decisions_per_s, 1),
            None if facts.p99_ms is None else round(facts.p99_ms, 1),
            facts.workers if fleet.known else None,
            facts.partitions or None,
            facts.lag_records if fleet.known else None,
            round(facts.lag_seconds, 1) if fleet.known else None,
            None if share is None else round(share, 6),
            facts.lost,
            self._covers(),
            figures.equity.equity if figures else None,
            figures.equity.day_return if figures else None,
            figures.ordered.gross if figures else None,
            figures.ordered.net if figures else None,
            figures.loss if figures else None,
            self._limits,
            "close_all" if facts.kill else "none",
            facts.monitor,  # type: ignore[arg-type]
            None if age is None else round(age, 1),
            int(time.time() * 1000),
        )

    def _covers(self) -> Covers:
        sequences = self._fleet.sequences
        missing = [f"{gap.symbol} misses {gap.missing} after {gap.after_sequence}" for gap in sequences.gaps]
        return Covers(self._fleet.since_ms or None, sequences.records, sequences.symbols, missing)

    def _facts(self, view: View, figures: Figures | None) -> Facts:
        fleet, sequences = self._fleet, self._fleet.sequences
        standings = fleet.standings.values()
        lag = sum(one.lag for one in standings)
        by_state = {state: [one for one in view.partitions if one.state == state] for state in _STATES}
        share, rejected = self._rejected_share(LONG)
        gap = sequences.gaps[0] if sequences.gaps else None
        monitor, behind = self._monitor(figures)
        return Facts(
            silent_s=self._logs.age_s if self._logs.age_s < _NEVER else fleet.silent_s,
            unseen_s=fleet.silent_s,
            problem=fleet.problem,
            known=fleet.known,
            group_state=fleet.group_state,
            unrest_s=fleet.unrest_s,
            workers=view.alive,
            partitions=len(view.partitions),
            unowned=tuple(one.partition for one in by_state["unowned"]),
            stalled=tuple(one.partition for one in by_state["stalled"]),
            restoring=tuple(
                Restoring(one.partition, one.restore.done / one.restore.total if one.restore else None)
                for one in by_state["restoring"]
            ),
            lag_records=lag,
            lag_seconds=max((one.lag_seconds for one in standings), default=0.0),
            lag_grows=self._grows(lag),
            decisions_per_s=fleet.decisions.rate(RATE) if fleet.decisions else 0.0,
            p99_ms=fleet.p99_ms(),
            rejected_share=share,
            rejected=rejected,
            lost=sequences.lost,
            missing=f"{gap.symbol} misses {gap.missing} after sequence {gap.after_sequence}" if gap else "",
            sequences=sequences.records,
            kill=self._kill_in_force(),
            monitor=monitor,
            monitor_behind_s=behind,
            blocking=tuple(figures.blocking) if figures else (),
        )

    def _rejected_share(self, seconds: int) -> tuple[float | None, int]:
        now = time.monotonic()
        decisions, rejections = (
            flow.total.last(now, seconds) if flow else 0 for flow in (self._fleet.decisions, self._fleet.rejections)
        )
        together = decisions + rejections
        return (rejections / together if together else None), rejections

    def _grows(self, lag: int) -> bool:
        now = time.monotonic()
        self._lags.append((now, lag))
        while len(self._lags) > 1 and now - self._lags[1][0] >= GROWS:
            del self._lags[0]
        return lag > self._lags[0][1]

    def _kill_in_force(self) -> bool:
        entry = self._logs.controls.of(ALL_KEY)
        if entry is None or entry.value is None:
            return False
        try:
            return _kill(entry.value).kill == "close_all"
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False

    def _monitor(self, figures: Figures | None) -> tuple[str, float]:
        if self._logs.portfolio is None or figures is None:
            return "none", 0.0
        behind = self._logs.pace.behind_s
        return ("silent" if behind > self._settings.risk.lag_seconds else "running"), behind


_NEVER = float("inf")
_STATES = ("unowned", "stalled", "restoring")
