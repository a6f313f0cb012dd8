"""A message as plain text, for e-mail and chats."""

from __future__ import annotations

from schemas.alert import Alert
from schemas.delivery import Message
from worker.alerts.delivery.body import place
from worker.moments import in_words

_CAUSES = {"repeat": "still ", "escalation": "nobody has acknowledged: ", "fallback": "another receiver failed: "}


def title(message: Message) -> str:
    """Return a subject of one line."""
    first, count = message.alerts[0], message.firing + message.resolved
    what = first.summary if count == 1 else f"{count} alerts of {first.rule}"
    state = "firing" if message.firing else "resolved"
    return line(f"[{first.severity} {state}] {_CAUSES.get(message.cause, '')}{what}")


def body(message: Message, link: str) -> str:
    """Return the text."""
    parts = [f"{message.firing} firing, {message.resolved} resolved"]
    parts += [_told(alert) for alert in message.alerts]
    if message.others:
        parts.append(f"and {len(message.others)} more")
    parts.append(f"message {message.message_id}" + (f"\n{link.rstrip('/')}/#/alerts" if link else ""))
    return "\n\n".join(parts) + "\n"


def line(text: str) -> str:
    """Return other people's text as one printable line."""
    return "".join(one if one.isprintable() else " " for one in text)[:300]


def _told(alert: Alert) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in alert.labels.items())
    begin = in_words(alert.fired_ms or alert.starts_ms)
    span = f"from {begin}" + (f" until {in_words(alert.ends_ms)}" if alert.ends_ms is not None else "")
    values = [
        f"  {line(one.name)}: {line(str(one.value))}" + ("" if one.limit is None else f" (limit {one.limit:g})")
        for one in alert.values
    ]
    rest = [f"  record: {', '.join(place(one) for one in alert.evidence)}"] if alert.evidence else []
    rest += [f"  runbook: {line(alert.runbook)}"] if alert.runbook else []
    head = [
        f"{alert.severity} {alert.state}: {line(alert.summary)}",
        f"  {line(labels)}" if labels else "",
        f"  {span}",
    ]
    return "\n".join([*(one for one in head if one), *values, *rest])
