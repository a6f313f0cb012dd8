"""A whole backtest of a portfolio: records in, a folder of results out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.tick import interval_text
from worker.backtest.ledger import Ledger
from worker.backtest.parts import Progress, ledgers_of
from worker.backtest.portfolio.chronicle import Chronicle
from worker.backtest.portfolio.clock import Clock
from worker.backtest.portfolio.ensemble import Ensemble
from worker.backtest.portfolio.folder import Files, read_recorded
from worker.backtest.portfolio.journal import Journal, Noted
from worker.backtest.portfolio.overseer import shortest_ms
from worker.backtest.portfolio.play import play, replay
from worker.backtest.report.risk import risk as draw_risk
from worker.backtest.run import write_results
from worker.backtest.tables import parquet
from worker.backtest.tape import Journal as Met
from worker.backtest.tape import Tape
from worker.configured_strategy import described
from worker.engine.settings import EngineSettings
from worker.files import created
from worker.risk.settings import DAY_MS, RiskSettings


class Manner(NamedTuple):
    """How the monitor's part comes about."""

    risk: RiskSettings
    acknowledge: int | None = None  # UTC days after a kill until it is acknowledged, None for never
    recorded: Path | None = None  # folder of an earlier run to play again


def journaled(of: Clock, journal: Sequence[Noted]) -> list[Tape]:
    """Return the tapes of a clock under a journal: each can be played by itself."""
    known = Journal()
    met = Met(0, [known.note(each) for each in journal])
    order = np.argsort(of.owner, kind="stable")
    places = np.split(order, np.cumsum([len(tape) for tape in of.tapes])[:-1])
    return [
        Tape(tape.key, tape.parts, met, mine.tolist()) for tape, mine in zip(of.tapes, places, strict=bool(of.tapes))
    ]


def doubts(bars: NDArray[Any], risk: RiskSettings) -> list[str]:
    """Return sentences on settings that do not fit some BAR rows."""
    shortest = min(shortest_ms(bars), DAY_MS)
    if shortest <= risk.returns_ms or DAY_MS % shortest:
        return []
    length = interval_text(shortest)
    return [
        f"bars of {length}, but risk.returns = {risk.returns}: the value at risk counts {risk.day_returns:g} of their "
        f"returns a day; set risk.returns = {length}"
    ]


def portfolio_backtest(
    tapes: Sequence[Tape],
    settings: EngineSettings,
    manner: Manner,
    folder: Path,
    workers: int,
    progress: Progress,
    per_year: float | None = None,
    registry: Path | None = None,
    warnings: Sequence[str] = (),
    inputs: Sequence[str] = (),
) -> tuple[list[Ledger], dict[str, Any]]:
    """Play the tapes on one clock and write the results to `folder`; the rest as `worker.backtest.run.backtest`.

    Raises:
        ConfigError: as `backtest`, or there are too many symbols.
        DataError: a recorded run can't be read, or does not come out again.
        CannotCreate: the folder cannot be written.
    """
    parquet()  # fail before the run, not after it
    own = described(settings)
    before = None if manner.recorded is None else read_recorded(manner.recorded)
    ensemble = Ensemble(tapes, settings, registry)
    ensemble.warm_up()
    if before is None:
        moments = play(ensemble, settings, manner.risk, manner.acknowledge)
    else:
        moments = replay(ensemble, settings, manner.risk, before)
    doubtful = doubts(ensemble.clock.decoded.bars, manner.risk)
    chronicle, journal = Chronicle(manner.risk), list[Noted]()
    with created(folder, "Give another folder to --out"):
        folder.mkdir(parents=True, exist_ok=True)
        with Files(folder) as files:
            for moment in moments:
                files.write(moment)
                journal += moment.journal
                for step in moment.steps:
                    chronicle.add(step)
                progress(moment.stop)
            files.close()
        ledgers = ledgers_of(journaled(ensemble.clock, journal), settings, workers, registry)
        figures = chronicle.summary() | {"warnings": doubtful}
        told, drawn = [*warnings, *doubtful], draw_risk(chronicle.steps, chronicle.days, figures, limits(manner.risk))
        return ledgers, write_results(ledgers, settings, folder, own, per_year, inputs, told, figures, drawn)


def limits(risk: RiskSettings) -> dict[str, float]:
    """Return the limits that a page draws, fractions of the equity."""
    return {
        "gross": risk.max_gross,
        "net": risk.max_net,
        "var99": risk.max_var99,
        "drawdown_soft": risk.drawdown_soft,
        "drawdown_hard": risk.drawdown_hard,
    }
