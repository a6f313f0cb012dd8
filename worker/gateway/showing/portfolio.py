"""The portfolio: its newest step, its history, its limits."""

from __future__ import annotations

from typing import Literal

from schemas.portfolio import Portfolio
from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.log.turns import Turns
from worker.gateway.log.values import Found, at, fields, number, text, whole
from worker.gateway.reading.budget import Budget
from worker.gateway.reading.filters import Always
from worker.gateway.reading.items import embedded
from worker.gateway.reading.lanes import Source
from worker.gateway.reading.search import search
from worker.gateway.reading.sight import Reader
from worker.gateway.reading.times import bounds
from worker.gateway.resources.portfolio import Leader, PastTrip, PortfolioHistory, PortfolioLimits, PortfolioNow

MOST = 200_000  # steps of a history
TRIPS = 1_000
_portfolio = Reader(Portfolio)


def newest(gateway: Gateway) -> Entry | None:
    """Return the newest step in memory; None where there is none."""
    log = gateway.logs.portfolio
    found = log.before(0, log.ends[0], 1) if log is not None and log.partitions else []
    return found[0] if found else None


def now(gateway: Gateway) -> PortfolioNow:
    """Return the newest step."""
    entry, age, settings = newest(gateway), gateway.logs.age_ms, gateway.settings
    member, standbys = gateway.fleet.monitor
    leader = Leader(member.client_id, member.host) if member else None
    facts = settings.risk_group, settings.risk.step_ms, leader, standbys
    if entry is None:
        return PortfolioNow(None, None, None, age, "none", *facts)
    sight = _portfolio.look(entry.value)
    silent = gateway.logs.pace.behind_s > settings.risk.lag_seconds
    monitor: Literal["running", "silent"] = "silent" if silent else "running"
    return PortfolioNow(embedded(sight.raw), entry.offset, entry.timestamp, age, monitor, *facts, sight.problem)


def shares(gateway: Gateway) -> dict[str, float]:
    """Return the share of the equity of each symbol that the newest step names."""
    entry = newest(gateway)
    lines = at(fields(entry.value if entry else None), "lines")
    named = [line for line in lines if isinstance(line, list) and len(line) >= 2] if isinstance(lines, list) else []
    pairs = ((line[0], number({"share": line[1]}, "share")) for line in named)
    return {symbol: share for symbol, share in pairs if isinstance(symbol, str) and share is not None}


async def history(gateway: Gateway, points: int, since: int | None) -> PortfolioHistory:
    """Return about so many steps from a time on, evenly chosen, the newest among them.

    Raises:
        KafkaError: older records can't be read.
    """
    log = gateway.logs.portfolio
    if log is None:
        return _columns([], [], True)
    begins, ends = await bounds(log, gateway.older, since, None)
    source = Source(log, gateway.older, Always(since).fits)
    found = await search(source, ends, begins, "newest", MOST, Budget())
    entries, turns, trips = found.entries[::-1], Turns(), list[PastTrip]()
    every = max(-(-len(entries) // points), 1)
    chosen: list[Found] = []
    for number_, entry in enumerate(entries):
        picked = (len(entries) - 1 - number_) % every == 0
        if picked or b'"trips":[{' in (entry.value or b""):
            step = fields(entry.value)
            if picked and whole(step, "ts") is not None:
                chosen.append(step)
            trips += _trips(step)
        if turns.due():
            await turns.pause()
    return _columns(chosen, trips[-TRIPS:], found.full or found.ended)


def _columns(steps: list[Found], trips: list[PastTrip], complete: bool) -> PortfolioHistory:
    def column(*path: str) -> list[float | None]:
        return [number(step, *path) for step in steps]

    return PortfolioHistory(
        ts=[whole(step, "ts") or 0 for step in steps],
        equity=column("equity", "equity"),
        drawdown=column("equity", "drawdown"),
        day_return=column("equity", "day_return"),
        gross=column("ordered", "gross"),
        net=column("ordered", "net"),
        var99=[_larger(step, "var99") for step in steps],
        es99=[_larger(step, "es99") for step in steps],
        load=column("load"),
        multiplier=column("multiplier"),
        trips=trips,
        complete=complete,
    )


def _larger(step: Found, name: str) -> float | None:
    both = [number(step, name, kind) for kind in ("parametric", "historical")]
    return max((one for one in both if one is not None), default=None)


def _trips(step: Found) -> list[PastTrip]:
    told = at(step, "trips")
    return [
        PastTrip(whole(step, "ts"), text(one, "rule"), text(one, "key"), number(one, "figure"), number(one, "limit"))
        for one in (told if isinstance(told, list) else [])
    ]


def limits(gateway: Gateway) -> PortfolioLimits:
    """Return the configured limits."""
    risk = gateway.settings.risk
    return PortfolioLimits(
        capital=risk.capital,
        currency=risk.currency,
        gross=risk.max_gross,
        net=risk.max_net,
        symbol=risk.max_symbol,
        group=risk.max_group,
        cluster=risk.max_cluster,
        var99=risk.max_var99,
        es99=risk.max_es99,
        drawdown_soft=risk.drawdown_soft,
        drawdown_hard=risk.drawdown_hard,
        day_block=risk.day_block,
        day_kill=risk.day_kill,
        turnover=risk.max_turnover,
        correlation=risk.correlation,
        unmodelled_sigma=risk.unmodelled_sigma,
        silent_intervals=risk.silent_intervals,
        step=risk.step,
        returns=risk.returns,
        name=gateway.settings.risk_name,
        repeat_seconds=risk.repeat_seconds,
        lag_seconds=risk.lag_seconds,
    )
