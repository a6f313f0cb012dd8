"""Matchers of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.alert import Alert
from schemas.silence import Matcher


def had(alert: Alert, label: str) -> str:
    """Return a label of an alert; `rule` and `severity` are labels of all; empty where there is none."""
    if label == "rule":
        return alert.rule
    if label == "severity":
        return alert.severity
    return alert.labels.get(label, "")


def fits(alert: Alert, labels: Mapping[str, str]) -> bool:
    """Return whether an alert has all these labels."""
    return all(alike(had(alert, label), value) for label, value in labels.items())


def silenced_by(alert: Alert, matchers: Sequence[Matcher]) -> bool:
    """Return whether all matchers hold for an alert."""
    return all(alike(had(alert, one.label), one.value) != one.negated for one in matchers)


def alike(value: str, pattern: str) -> bool:
    """Return whether a value is the pattern's; a `*` at its end stands for anything."""
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern
