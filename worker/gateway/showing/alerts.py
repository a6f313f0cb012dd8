"""Alerts, deliveries and silences, from what is in memory."""

from __future__ import annotations

import time

from schemas.alert import Alert, Severity
from schemas.delivery import Delivery
from schemas.silence import Silence
from worker.alerts.routing.matching import silenced_by
from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.reading.items import embedded
from worker.gateway.reading.sight import Reader
from worker.gateway.resources.alerts import AlertItem, AlertList, DeliveryItem, DeliveryList, SilenceList

RANK = {"firing": 0, "acknowledged": 1, "pending": 2, "resolved": 3}
MESSAGE = "message/"  # keys of messages, which are no deliveries
_alerts, _deliveries = Reader(Alert), Reader(Delivery)


def alerts(gateway: Gateway, state: str, severity: Severity | None, rule: str | None, limit: int) -> AlertList:
    """Return the newest record of each alert in a state (`open`: all but resolved ones; `all`)."""
    held = gateway.logs.silences.at(_now())
    found: list[tuple[tuple[int, int, str], AlertItem]] = []
    firing = 0
    for mark in gateway.logs.alerts.symbols():
        entry = gateway.logs.alerts.of(mark)
        if entry is None or entry.value is None:
            continue
        sight = _alerts.look(entry.value)
        alert = sight.value
        firing += alert is not None and alert.state == "firing"
        if _passes(alert, state, severity, rule):
            rank = _rank(alert, entry)
            hushed = alert is not None and any(silenced_by(alert, one.matchers) for one in held)
            item = AlertItem(entry.partition, entry.offset, entry.timestamp, embedded(sight.raw), hushed, sight.problem)
            found.append((rank, item))
    found.sort(key=lambda one: one[0])
    return AlertList([item for _, item in found[:limit]], len(found), firing)


def deliveries(gateway: Gateway, limit: int) -> DeliveryList:
    """Return the newest record of each delivery in memory."""
    newest = gateway.logs.deliveries
    entries = [entry for key in newest.symbols() if not key.startswith(MESSAGE) and (entry := newest.of(key))]
    kept = sorted((one for one in entries if one.value is not None), key=lambda one: -one.offset)
    items = []
    for entry in kept[:limit]:
        sight = _deliveries.look(entry.value)
        items.append(DeliveryItem(entry.timestamp, embedded(sight.raw), sight.problem))
    return DeliveryList(items, len(kept))


def silences(gateway: Gateway) -> SilenceList:
    """Return the silences."""
    known = gateway.logs.silences
    return SilenceList(known.at(_now()), known.complete)


def silence(gateway: Gateway, identity: str) -> Silence | None:
    """Return a silence that holds or will hold; None for none."""
    found = gateway.logs.silences.of(identity)
    return found if found is not None and found.ends_ms > _now() else None


def _passes(alert: Alert | None, state: str, severity: Severity | None, rule: str | None) -> bool:
    if alert is None:  # of another form: shown where nothing is asked for that it can't tell
        return state in ("open", "all") and severity is None and rule is None
    return (
        (state == "all" or (alert.state != "resolved" if state == "open" else alert.state == state))
        and severity in (None, alert.severity)
        and rule in (None, alert.rule)
    )


def _rank(alert: Alert | None, entry: Entry) -> tuple[int, int, str]:
    if alert is None:
        return 0, -entry.timestamp, ""
    return RANK[alert.state], -(alert.fired_ms or alert.starts_ms), alert.fingerprint


def _now() -> int:
    return int(time.time() * 1000)
