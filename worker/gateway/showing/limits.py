"""Limits as answers: the newest record of each key, who set it, and how far it is obeyed."""

from __future__ import annotations

from schemas.audit import Audit
from schemas.control import ALL_KEY, MODEL_KEY, MONITOR_HEADER, STRATEGY_KEY, Control
from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.log.operated.origins import control_of, said_by
from worker.gateway.log.values import fields, whole
from worker.gateway.resources.limits import (
    Effect,
    KillPreview,
    KillTarget,
    LimitsItem,
    LimitsRecord,
    PartitionEffect,
    Written,
)
from worker.gateway.showing.positions import positions
from worker.operate.acts.intent import Done

STALE_MS, STALE_BARS = 600_000, 3  # as in the engine
SHOWN = 1_000  # positions of a preview


def item(gateway: Gateway, key: str) -> LimitsItem | None:
    """Return the limits of a key; None where there are none."""
    entry = gateway.logs.controls.of(key)
    control = control_of(entry, key)
    if entry is None or control is None:
        return None
    act = _act(gateway, entry, control)
    first = gateway.logs.origins.of(key)
    since, written_ms = (control.version, entry.timestamp) if first is None else (first.version, first.written_ms)
    if act is not None and act.after is not None and first is not None and not first.whole:
        since = min(since, act.after.version)
    return LimitsItem(
        key,
        control.version,
        record(control),
        since,
        written_ms if act is None else act.ts,
        entry.timestamp,
        "operator" if act is not None else "monitor" if _repeated(entry) else "unknown",
        None if act is None else act.who,
        control.reason if act is None else act.reason,
        _stale(gateway, entry, control),
    )


def items(gateway: Gateway) -> list[LimitsItem]:
    """Return the limits of all keys, `*` first."""
    keys = (key for key in gateway.logs.controls.symbols() if key != MODEL_KEY and not key.startswith(STRATEGY_KEY))
    found = (item(gateway, key) for key in sorted(keys, key=lambda key: (key != ALL_KEY, key)))
    return [each for each in found if each is not None]


def record(control: Control) -> LimitsRecord:
    """Return a control record with all its members."""
    return LimitsRecord(
        control.key,
        control.version,
        control.effective_ts,
        control.risk_mult,
        control.max_notional,
        control.allow_open,
        control.kill,
        control.corp_action,
        control.reason,
    )


def written(done: Done) -> Written:
    """Return the answer to an act."""
    act = done.audit
    after = None if act.after is None else record(act.after)
    version = None if after is None else after.version
    return Written(act.subject, version, after, act.id, act.ts, done.repeated)


def effect(gateway: Gateway, key: str, version: int | None) -> Effect:
    """Return how far a record is obeyed; without a version the newest one, or its removal."""
    standing = item(gateway, key)
    if version is None:
        version = 0 if standing is None else standing.version
    least = version
    if standing is not None and standing.since_version <= version <= standing.version:
        least = standing.since_version  # what only repeats it need not be met
    found = [_partition(entry, partition, key, least) for partition, entry in newest_decisions(gateway, key)]
    in_force = sum(one.in_force for one in found)
    return Effect(key, version, found, in_force, sum(one.version is not None for one in found))


async def preview(gateway: Gateway, key: str) -> KillPreview:
    """Return the positions that a kill would close, the largest first."""
    held = [row for row in (await positions(gateway)).items if key in (ALL_KEY, row.symbol)]
    quotes = {gateway.rows.quote(row.symbol) for row in held}
    values = [abs(row.notional) for row in held if row.notional is not None]
    return KillPreview(
        key,
        len(held),
        sum(values) if len(quotes) <= 1 else None,
        next(iter(quotes)) if len(quotes) == 1 else None,
        [KillTarget(row.symbol, row.state, row.notional) for row in held[:SHOWN]],
    )


def _act(gateway: Gateway, entry: Entry, control: Control) -> Audit | None:
    """Return the act by which an operator wants what a record says; None where another wants it.

    The portfolio's monitor repeats what operators wrote as its own: the newest act tells, if it says the same.
    """
    acts = gateway.logs.acts.of(control.key)
    if not _repeated(entry):
        return next((act for act in acts if act.after is not None and act.after.version == control.version), None)
    newest = next(iter(acts), None)
    if newest is None or newest.after is None or said_by(newest.after) != said_by(control):
        return None
    return newest


def _repeated(entry: Entry) -> bool:
    """Return whether the portfolio's monitor wrote a record, as its own limits or as a repetition of another's."""
    return any(name == MONITOR_HEADER for name, _ in entry.headers)


def _stale(gateway: Gateway, entry: Entry, control: Control) -> bool:
    """Return whether the newest bars are too late for a record, by their own time."""
    if control.limits_nothing and control.corp_action is not None:
        return False  # what limits nothing can't be too old
    newest = [found for _, found in newest_decisions(gateway, control.key) if found is not None]
    if not newest:
        return False
    last = max(newest, key=lambda found: found.timestamp)
    told = fields(last.value)
    ts, close_ts = whole(told, "ts"), whole(told, "close_ts")
    bar = close_ts - ts if ts is not None and close_ts is not None else 0
    return last.timestamp - entry.timestamp > max(STALE_MS, STALE_BARS * bar)


def newest_decisions(gateway: Gateway, key: str) -> list[tuple[int, Entry | None]]:
    """Return the newest decision of each partition, or that of a symbol."""
    log = gateway.logs.decisions
    if log is None:
        return []
    if key != ALL_KEY:
        entry = gateway.newest.of(key)
        return [] if entry is None else [(entry.partition, entry)]
    found = ((partition, log.before(partition, end, 1)) for partition, end in enumerate(log.ends))
    return [(partition, entries[0] if entries else None) for partition, entries in found]


def _partition(entry: Entry | None, partition: int, key: str, version: int) -> PartitionEffect:
    if entry is None:
        return PartitionEffect(partition, None, False, None, None)
    told = fields(entry.value)
    name = "control_all_version" if key == ALL_KEY else "control_version"
    shown = whole(told, name) if name in told else 0 if told else None  # a decision leaves out its default
    obeys = shown is not None and (shown >= version if version else shown == 0)
    return PartitionEffect(partition, shown, obeys, entry.offset, whole(told, "close_ts"))
