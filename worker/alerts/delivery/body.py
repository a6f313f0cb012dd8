"""The body of Alertmanager's webhook, version 4, and of its API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.alert import Alert, Evidence
from schemas.delivery import Message
from worker.moments import in_words

OPEN_END = "0001-01-01T00:00:00Z"  # as Alertmanager writes an end that is not known


def webhook(message: Message, receiver: str, link: str) -> dict[str, Any]:
    """Return the body for a message. Members beyond version 4 are `messageId`, `cause` and `otherAlertIds`."""
    alerts = [alert_of(one, link) for one in message.alerts]
    return {
        "version": "4",
        "groupKey": message.group,
        "truncatedAlerts": len(message.others),
        "status": "firing" if message.firing else "resolved",
        "receiver": receiver,
        "groupLabels": message.labels,
        "commonLabels": _common([one["labels"] for one in alerts]),
        "commonAnnotations": _common([one["annotations"] for one in alerts]),
        "externalURL": link,
        "alerts": alerts,
        "messageId": message.message_id,
        "cause": message.cause,
        "firing": message.firing,
        "resolved": message.resolved,
        "otherAlertIds": message.others,
    }


def alert_of(alert: Alert, link: str, ends: str | None = None) -> dict[str, Any]:
    """Return an alert as Alertmanager writes it; `ends` is the end of one that still fires."""
    over = alert.ends_ms is not None
    return {
        "status": "resolved" if over else "firing",
        "labels": labels_of(alert),
        "annotations": {
            "summary": alert.summary,
            "alert_id": alert.alert_id,
            "state": alert.state,
            "values": "; ".join(f"{one.name}={one.value}" for one in alert.values),
            "evidence": "; ".join(place(one) for one in alert.evidence),
            "runbook_url": alert.runbook,
        },
        "startsAt": in_words(alert.fired_ms if alert.fired_ms is not None else alert.starts_ms),
        "endsAt": in_words(alert.ends_ms) if alert.ends_ms is not None else ends or OPEN_END,
        "generatorURL": f"{link.rstrip('/')}/#/alerts" if link else "",
        "fingerprint": alert.fingerprint,
    }


def labels_of(alert: Alert) -> dict[str, str]:
    """Return an alert's labels with its rule and severity, as Alertmanager names them."""
    return {"alertname": alert.rule, "severity": alert.severity} | alert.labels


def place(evidence: Evidence) -> str:
    """Return where a record is, in words."""
    return f"{evidence.topic}/{evidence.partition}@{evidence.offset}"


def _common(found: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if not found:
        return {}
    first = found[0]
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in found)}
